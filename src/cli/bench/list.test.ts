import { expect, it } from 'vitest'
import { RadixError } from '../../errors/radix-error.ts'
import type { RunListing } from '../../harness/look-at-runs.ts'
import { renderListing } from './list.ts'

const runId = 'run_01k8zz00000000000000000000'

function listing(provider: string, status: string, rate: number | null, level: string, wasInterrupted = false) {
  const outcome = { status, throughput: rate && { value: rate, unit: unitOf(rate) }, verdict: { level } }
  const view = { state: { startedAt: '2026-11-27T12:00:00.000Z', config: { provider } }, outcome, wasInterrupted }
  return { runId, view } as unknown as RunListing
}

/** No training is as fast as any arithmetic. */
function unitOf(rate: number): string {
  return rate < 1e6 ? 'images/s' : 'FLOP/s'
}

it.each([60, 80])('fits a terminal of %i columns with any content', (width) => {
  const listings = [
    listing('ec2', 'termination_unconfirmed', 343.21, 'suspect'),
    listing('existing', 'succeeded', 9876.54, 'invalid'),
    listing('local', 'running', null, 'valid', true),
    listing('local', 'running', null, 'valid'),
    { runId, damage: 'line 3 is not JSON' },
    { runId, unseen: new RadixError('FILE_NOT_READABLE', { path: '/runs/a', reason: 'permission denied' }) },
  ]
  const text = renderListing(listings, width)
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width)
  expect(text.split('\n')[1]).toContain(runId)
  expect(text).toContain('unconfirmed')
  expect(text).toContain('interrupted')
  expect(text).toContain('IMAGES/S')
  expect(text).toContain('343 suspect')
  expect(text).toContain('damaged')
  expect(text).toContain('unreadable')
})

it('has the unit beside each rate where runs of several workloads stand in one list', () => {
  const listings = [
    listing('local', 'succeeded', 38.34, 'suspect'),
    listing('ec2', 'succeeded', 62.9e12, 'valid'),
    listing('ec2', 'failed', null, 'invalid'),
  ]
  const text = renderListing(listings, 120)
  expect(text).toContain('THROUGHPUT')
  expect(text).toContain('38.3 images/s suspect')
  expect(text).toContain('62.9 TFLOP/s valid')
})
