import { expect, it } from 'vitest'
import type { Finding } from '../../provider.ts'
import { mergeFindings } from './merge-findings.ts'

const finding = (message: string): Finding => ({ code: 'AWS_NETWORK_UNUSABLE', severity: 'error', message, fix: 'x' })

it('shows common findings once, and the others with their regions', () => {
  const found = [
    { region: 'us-west-2', findings: [finding('everywhere'), finding('in two')] },
    { region: 'us-east-1', findings: [finding('in one'), finding('everywhere')] },
    { region: 'us-east-2', findings: [finding('everywhere'), finding('in two')] },
  ]
  expect(mergeFindings(found).map(({ message }) => message)).toEqual([
    'everywhere',
    'In us-west-2 and us-east-2: in two',
    'In us-east-1: in one',
  ])
})

it('names the regions when only the fix differs', () => {
  const [first, second] = [finding('no way out'), { ...finding('no way out'), fix: 'y' }]
  const merged = mergeFindings([
    { region: 'us-west-2', findings: [first] },
    { region: 'us-east-1', findings: [second] },
  ])
  expect(merged).toEqual([
    { ...first, message: 'In us-west-2: no way out' },
    { ...second, message: 'In us-east-1: no way out' },
  ])
})
