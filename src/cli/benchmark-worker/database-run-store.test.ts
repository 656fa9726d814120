import { beforeEach, describe, expect, it } from 'vitest'
import type { ControlPlaneClient } from '../../contract/client.ts'
import { ManualClock } from '../../core/clock.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { JournalEntry } from '../../harness/journal/entry.ts'
import { DatabaseRun } from './database-run-store.ts'

const request = {
  runId: 'run_x',
  tenantId: 't',
  clusterId: 'cl_x',
  clusterName: 'box',
  subject: 's',
  workload: 'resnet50' as const,
  params: {},
  trials: 1,
  ttlMinutes: 45,
  epoch: 1,
}
const entry = (pid: number): JournalEntry => ({
  type: 'process-started',
  at: '2026-01-01T00:00:00.000Z',
  pid,
  command: 'radix bench run',
})

let clock: ManualClock
let stored: object[]
let facts: string | null
let failure: Error | undefined
let renewals: number
const done: string[] = []

const journals = {
  claimMs: 9000,
  async renew() {
    renewals++
    if (failure) throw failure
  },
  async release() {
    done.push('released')
  },
  readJournal: async () => ({ entries: stored as Record<string, unknown>[], facts }),
  async appendToJournal(_: unknown, first: number, entries: readonly object[]) {
    if (failure) throw failure
    stored.splice(first, entries.length, ...entries)
    done.push(`stored ${entries.length}`)
  },
  async writeFacts(_: unknown, text: string) {
    if (failure) throw failure
    facts = text
  },
}
const client = {
  baseUrl: 'http://x',
  call: async (_: string, { params }: { params: { run_id: string } }) => void done.push(params.run_id),
  open: async () => new Response(),
} as unknown as ControlPlaneClient

const load = () => DatabaseRun.load({ journals, request, clock })

beforeEach(() => {
  clock = new ManualClock()
  stored = []
  facts = null
  failure = undefined
  renewals = 0
  done.length = 0
})

describe('the journal of a run in the database', () => {
  it('is durable before a request is sent', async () => {
    const run = await load()
    run.append(entry(1))
    run.append(entry(2))
    expect(stored).toEqual([])
    await run.guard(client).call('getRun', { params: { run_id: 'one' } })
    expect(done).toEqual(['stored 2', 'one'])
    expect((await load()).read()).toEqual([entry(1), entry(2)])
  })

  it('holds requests back while it cannot be written, and catches up', async () => {
    const run = await load()
    const guarded = run.guard(client)
    run.append(entry(1))
    failure = new Error('connection refused')
    await expect(guarded.call('getRun', { params: { run_id: 'one' } })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(done).toEqual([])
    failure = undefined
    run.append(entry(2))
    await guarded.call('getRun', { params: { run_id: 'one' } })
    expect(done).toEqual(['stored 2', 'one'])
  })

  it('checks a claim that may have expired, and sends nothing once it is lost', async () => {
    const run = await load()
    const guarded = run.guard(client)
    await guarded.call('getRun', { params: { run_id: 'one' } })
    await guarded.call('getRun', { params: { run_id: 'two' } })
    expect(renewals).toBe(1)
    await clock.advance(9000)
    failure = new RadixError('RUN_TAKEN_OVER', { run_id: 'run_x' })
    await expect(guarded.call('getRun', { params: { run_id: 'three' } })).rejects.toMatchObject({
      code: 'RUN_TAKEN_OVER',
    })
    await expect(
      guarded.open('streamRunEvents' as never, { params: { run_id: 'four' } } as never),
    ).rejects.toMatchObject({ code: 'RUN_TAKEN_OVER' })
    expect(done).toEqual(['one', 'two'])
  })

  it('is handed over: the worker writes and sends nothing more, and releases the claim', async () => {
    const run = await load()
    const guarded = run.guard(client)
    run.append(entry(1))
    await guarded.call('getRun', { params: { run_id: 'one' } })
    await run.handOver()
    run.append(entry(2))
    const refused = { code: 'RUN_TAKEN_OVER' }
    await expect(guarded.call('getRun', { params: { run_id: 'two' } })).rejects.toMatchObject(refused)
    await expect(run.flush()).rejects.toMatchObject(refused)
    await expect(run.renew()).rejects.toMatchObject(refused)
    expect(done).toEqual(['stored 1', 'one', 'released'])
    expect(stored).toHaveLength(1)
  })

  it('keeps the collected facts', async () => {
    const run = await load()
    expect(run.readFacts()).toBeUndefined()
    await run.writeFacts('{"a":1}')
    expect(run.readFacts()).toBe('{"a":1}')
    expect((await load()).readFacts()).toBe('{"a":1}')
  })

  it('is refused when it is damaged', async () => {
    stored = [entry(1), { type: 'step-started' }]
    await expect(load()).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED', why: expect.stringContaining('Line 2') })
  })
})
