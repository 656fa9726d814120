import { describe, expect, it } from 'vitest'
import { parseRunConfig, type RunConfig } from '../../harness/config.ts'
import type { RunOutcome } from '../../harness/events.ts'
import type { ReclaimPolicy } from '../shared/ec2-options.ts'
import { retryReclaimed } from './retry-reclaimed.ts'
import { outcome } from './view/testing/events.ts'

const config = parseRunConfig({
  provider: 'ec2',
  machine: { spot: true },
  apiBase: 'https://radix.example.com',
  dataDir: '/data',
  outputDirectory: '/out',
})
const error = { code: 'MACHINE_RECLAIMED', title: '', why: '', fix: '', docs_url: '', details: {} }
const reclaimed = outcome({ status: 'failed', error } as Partial<RunOutcome>)
const unconfirmed = outcome({
  status: 'termination_unconfirmed',
  error,
  termination: { ...reclaimed.termination, confirmed: false },
} as Partial<RunOutcome>)
const cancelled = outcome({ status: 'cancelled', error } as Partial<RunOutcome>)
const good = outcome()

async function follow(policy: ReclaimPolicy, outcomes: RunOutcome[]) {
  const started: { spot: unknown; isRetry: boolean }[] = []
  const said: string[] = []
  const last = await retryReclaimed({
    config,
    policy,
    start: async ({ machine }: RunConfig, isRetry) => {
      started.push({ spot: machine.spot, isRetry })
      return outcomes[started.length - 1] ?? reclaimed
    },
    say: (message) => said.push(message),
  })
  return { last, started, said }
}

describe('after a reclaim', () => {
  it('fails by default', async () => {
    expect(await follow('fail', [])).toEqual({ last: reclaimed, started: [{ spot: true, isRetry: false }], said: [] })
  })

  it('tries again on a spot machine', async () => {
    const { last, started, said } = await follow('retry', [reclaimed, good])
    expect(last).toBe(good)
    expect(started).toEqual([
      { spot: true, isRetry: false },
      { spot: true, isRetry: true },
    ])
    expect(said).toEqual([expect.stringContaining(reclaimed.run_id)])
  })

  it('tries again on an on-demand machine', async () => {
    const { started } = await follow('retry-on-demand', [reclaimed, good])
    expect(started.map(({ spot }) => spot)).toEqual([true, false])
  })

  it('gives up after some runs', async () => {
    expect((await follow('retry', [])).started).toHaveLength(4)
  })

  it.each([
    ['whose machine may still run', unconfirmed],
    ['that the user cancelled', cancelled],
  ])('does not try again after a run %s', async (_, ended) => {
    expect((await follow('retry', [ended])).started).toHaveLength(1)
  })
})
