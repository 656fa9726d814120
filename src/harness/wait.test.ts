import { describe, expect, it } from 'vitest'
import { ManualClock } from '../core/clock.ts'
import { RadixError } from '../errors/radix-error.ts'
import { isOutage, isRefusal, pollUntil } from './wait.ts'

const never = new AbortController().signal

describe('waiting for an answer', () => {
  it('polls less and less often, and is late by at most a tenth', async () => {
    const clock = new ManualClock()
    const startedMs = clock.monotonicMs()
    const askedAtMs: number[] = []
    const waiting = pollUntil(
      async () => {
        askedAtMs.push(clock.monotonicMs() - startedMs)
        return clock.monotonicMs() - startedMs >= 60_000 ? 'there' : undefined
      },
      { clock, signal: never },
    )
    await clock.advance(70_000)
    expect(await waiting).toBe('there')
    expect(askedAtMs.at(-1)).toBeLessThanOrEqual(62_000)
    expect(askedAtMs.length).toBeLessThan(120)
  })

  it('ends at once when it is aborted', async () => {
    const clock = new ManualClock()
    const controller = new AbortController()
    const waiting = pollUntil(async () => undefined, { clock, signal: controller.signal })
    await clock.advance(5)
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })

  it('continues after tolerated errors, and after no others', async () => {
    const clock = new ManualClock()
    let tries = 0
    const probe = async () => {
      if (++tries === 1) throw new Error('passing')
      throw new Error('lasting')
    }
    const tolerate = (error: unknown) => error instanceof Error && error.message === 'passing'
    const waiting = expect(pollUntil(probe, { clock, signal: never, tolerate })).rejects.toThrow('lasting')
    await clock.advance(100)
    await waiting
  })
})

describe('an error of the control plane', () => {
  const unreachable = new RadixError('API_UNREACHABLE', { api_base: 'x', reason: 'y' })
  const answered = (status: number) =>
    new RadixError('NOT_FOUND', { thing: 'x', id: 'y', remedy: 'z.' }, { details: { http_status: status } })

  it('is an outage when a retry may help, and a refusal when it will not', () => {
    expect([isOutage(unreachable), isRefusal(unreachable)]).toEqual([true, false])
    expect([isOutage(answered(503)), isRefusal(answered(503))]).toEqual([true, false])
    expect([isOutage(answered(409)), isRefusal(answered(409))]).toEqual([false, true])
    expect([isOutage(new Error('a bug')), isRefusal(new Error('a bug'))]).toEqual([false, false])
  })
})
