import { expect, it } from 'vitest'
import { renderReport } from './reap.ts'

const REPORT = { at: '2026-03-02T09:00:00Z', dryRun: true, things: [], unseen: [], success: true }

it('says that nothing is there only where every place was looked at', () => {
  expect(renderReport(REPORT).join('\n')).toBe('Nothing of ours is there.')
  const unseen = [
    { name: 'ec2 us-west-2 instances', code: 'AWS_CREDENTIALS_INVALID' as const, error: 'no credentials' },
  ]
  const lines = renderReport({ ...REPORT, unseen, success: false })
  expect(lines.join('\n')).toContain(
    'Could not look at ec2 us-west-2 instances: AWS_CREDENTIALS_INVALID: no credentials',
  )
  expect(lines.join('\n')).not.toContain('Nothing of ours')
})
