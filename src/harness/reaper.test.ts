import { describe, expect, it, vi } from 'vitest'
import { ManualClock } from '../core/clock.ts'
import { PROVIDER_LIMITS } from '../core/limits/providers.ts'
import type { Leftover, Sweeper } from '../providers/leftover.ts'
import { DEFAULT_REAP_POLICY, decide, type ReapPolicy, reap } from './reaper.ts'

const clock = new ManualClock('2026-03-02T12:00:00Z')
const minutesAgo = (minutes: number) => new Date(clock.now().getTime() - minutes * 60_000)
const policy: ReapPolicy = { ...DEFAULT_REAP_POLICY, dryRun: false }

function leftover(change: Partial<Leftover> = {}): Leftover {
  const times = { createdAt: minutesAgo(120), deadlineAt: minutesAgo(60) }
  return { kind: 'instance', id: 'i-1', region: 'us-west-2', runId: 'run_1', detail: 'g5.2xlarge', ...times, ...change }
}

class FakeSweeper implements Sweeper {
  readonly name = 'fake'
  readonly removed: string[] = []
  readonly leftovers: Leftover[]
  fails = false

  constructor(...leftovers: Leftover[]) {
    this.leftovers = leftovers
  }

  async list(): Promise<Leftover[]> {
    if (this.fails) throw new Error('no answer')
    return this.leftovers
  }

  async remove({ id }: Leftover): Promise<void> {
    if (id === 'i-stubborn') throw new Error('access denied')
    this.removed.push(id)
  }
}

describe('the reaper', () => {
  it.each([
    [{}, 'reap: deadline passed'],
    [{ createdAt: minutesAgo(5) }, 'keep: young'],
    [{ deadlineAt: minutesAgo(-10) }, 'keep: live'],
    [{ deadlineAt: minutesAgo(10) }, 'keep: live'],
    [{ deadlineAt: null }, 'keep: live'],
    [{ deadlineAt: null, createdAt: minutesAgo(25 * 60) }, 'reap: too old'],
    [{ createdAt: null }, 'reap: deadline passed'],
  ])('decides about %j: %s', (change, decision) => {
    expect(decide(leftover(change), policy, clock.now())).toBe(decision)
  })

  it('removes only resources that are due', async () => {
    const sweeper = new FakeSweeper(leftover(), leftover({ id: 'i-live', deadlineAt: minutesAgo(-30) }))
    const report = await reap([sweeper], policy, clock)
    expect(sweeper.removed).toEqual(['i-1'])
    expect(report.things.map(({ outcome }) => outcome)).toEqual(['removed', 'kept'])
    expect(report.success).toBe(true)
  })

  it('removes nothing in a dry run', async () => {
    const sweeper = new FakeSweeper(leftover())
    const report = await reap([sweeper], { ...policy, dryRun: true }, clock)
    expect(sweeper.removed).toEqual([])
    expect(report.things[0]?.outcome).toBe('would be removed')
  })

  it('removes nothing when more is due than its budget allows, and says so', async () => {
    const sweeper = new FakeSweeper(...Array.from({ length: 11 }, (_, index) => leftover({ id: `i-${index}` })))
    const report = await reap([sweeper], policy, clock)
    expect(sweeper.removed).toEqual([])
    expect(new Set(report.things.map(({ outcome }) => outcome))).toEqual(new Set(['over budget']))
    expect(report.success).toBe(false)
  })

  it('continues when a resource or a region fails, and reports no success', async () => {
    const broken = new FakeSweeper()
    broken.fails = true
    const sweeper = new FakeSweeper(leftover({ id: 'i-stubborn' }), leftover({ id: 'i-2' }))
    const report = await reap([broken, sweeper], policy, clock)
    expect(sweeper.removed).toEqual(['i-2'])
    expect(report.unseen).toEqual([{ name: 'fake', code: 'INTERNAL', error: expect.stringContaining('no answer') }])
    expect(report.success).toBe(false)
  })

  it('limits the time of every region and every removal, and runs them concurrently', async () => {
    vi.useFakeTimers()
    try {
      const never = () => new Promise<never>(() => {})
      const silent: Sweeper = { name: 'silent', list: never, remove: never }
      const sweeper = new FakeSweeper(leftover({ id: 'i-hangs' }), leftover({ id: 'i-2' }))
      const remove = sweeper.remove.bind(sweeper)
      sweeper.remove = (thing) => (thing.id === 'i-hangs' ? never() : remove(thing))
      const sweep = reap([silent, sweeper], policy, clock)
      await vi.advanceTimersByTimeAsync(PROVIDER_LIMITS.sweep.value)
      expect(sweeper.removed).toEqual(['i-2'])
      await vi.advanceTimersByTimeAsync(PROVIDER_LIMITS.removal.value)
      const report = await sweep
      expect(report.unseen).toMatchObject([{ name: 'silent', code: 'AWS_CALL_FAILED' }])
      expect(report.things.map(({ outcome }) => outcome)).toEqual(['failed', 'removed'])
      expect(report.success).toBe(false)
    } finally {
      vi.useRealTimers()
    }
  })
})
