import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ManualClock, systemClock } from './clock.ts'

describe('ManualClock', () => {
  it('stands still until it is moved', async () => {
    const clock = new ManualClock('2026-01-01T00:00:00Z')
    await clock.advance(1500)
    expect(clock.now().toISOString()).toBe('2026-01-01T00:00:01.500Z')
  })

  it('wakes sleepers in the order of their time, each at its own', async () => {
    const clock = new ManualClock()
    const startMs = clock.monotonicMs()
    const woken: [string, number][] = []
    const sleeper = async (name: string, durationMs: number) => {
      await clock.sleep(durationMs)
      woken.push([name, clock.monotonicMs() - startMs])
    }
    const all = Promise.all([sleeper('late', 20), sleeper('early', 10)])
    await clock.advance(30)
    await all
    expect(woken).toEqual([
      ['early', 10],
      ['late', 20],
    ])
  })

  it('lets a sleeper that sleeps again wake within the same advance', async () => {
    const clock = new ManualClock()
    let rounds = 0
    const loop = (async () => {
      for (; rounds < 3; rounds++) await clock.sleep(10)
    })()
    await clock.advance(30)
    await loop
    expect(rounds).toBe(3)
  })

  it('rejects a sleep with the reason of the abort, and forgets it', async () => {
    const clock = new ManualClock()
    const abort = new AbortController()
    const sleep = clock.sleep(1000, abort.signal)
    abort.abort(new Error('stop'))
    await expect(sleep).rejects.toThrow('stop')
    expect(clock.sleeperCount).toBe(0)
    await expect(clock.sleep(1000, abort.signal)).rejects.toThrow('stop')
  })
})

describe('systemClock', () => {
  it('sleeps, and rejects with the reason of the abort', async () => {
    const beforeMs = systemClock.monotonicMs()
    await systemClock.sleep(5)
    expect(systemClock.monotonicMs()).toBeGreaterThan(beforeMs)
    const reason = new Error('stop')
    await expect(systemClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(systemClock.now().getTime()).toBeGreaterThan(0)
  })

  it('sleeps for years on request', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const yearMs = 365 * 86_400_000
    const woken = vi.fn()
    const sleep = systemClock.sleep(yearMs).then(woken)
    await vi.advanceTimersByTimeAsync(yearMs - 1)
    expect(woken).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    await sleep
  })
})
