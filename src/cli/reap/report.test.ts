import { expect, it } from 'vitest'
import { renderReport, renderUnseen } from './reap.ts'

const REPORT = { at: '2026-03-02T09:00:00Z', dryRun: true, things: [], unseen: [], success: true }

it('reports no resources only when every region was read', () => {
  expect(renderReport(REPORT).join('\n')).toBe('No resources created by Radix were found.')
  const unseen = [
    { name: 'ec2 us-west-2 instances', code: 'AWS_CREDENTIALS_INVALID' as const, error: 'no credentials' },
  ]
  const report = { ...REPORT, unseen, success: false }
  expect(renderReport(report)).toEqual([])
  expect(renderUnseen(report)).toEqual([
    'Could not check ec2 us-west-2 instances: AWS_CREDENTIALS_INVALID: no credentials',
    'The result is incomplete: some places could not be checked.',
  ])
})
