import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../core/clock.ts'
import { EC2_LIMITS } from '../../../core/limits/ec2.ts'
import { findLeft, inspect, removeAll } from './plan.ts'
import type { AccountResource } from './resource.ts'

/** Sleeping moves it. */
class SleepingClock extends ManualClock {
  override sleep(durationMs: number): Promise<void> {
    return this.advance(durationMs)
  }
}

/** One that AWS shows for a number of looks after it was removed. */
function resource(name: string, { looksAfterRemoval = 0, isOurs = true, isRefused = false } = {}): AccountResource {
  let left = Number.POSITIVE_INFINITY
  return {
    kind: 'role',
    name,
    mayBeForeign: false,
    async find() {
      left -= 1
      return left < 0 ? undefined : { id: name, isOurs, differences: [] }
    },
    async create() {},
    async remove() {
      if (isRefused) throw new Error(`${name} is in use`)
      left = looksAfterRemoval
    },
  }
}

async function destroy(resources: AccountResource[]) {
  const clock = new SleepingClock()
  const startedMs = clock.monotonicMs()
  const failures = await removeAll(await inspect(resources), () => {})
  const left = await findLeft(async () => resources, failures, clock)
  const leftNames = left.map(({ resource: { name } }) => name)
  return { left: leftNames, failed: failures.map(({ id }) => id), tookMs: clock.monotonicMs() - startedMs }
}

describe('after a removal', () => {
  it('AWS is asked until it no longer shows what was removed', async () => {
    const { left, tookMs } = await destroy([resource('slow', { looksAfterRemoval: 5 }), resource('quick')])
    expect(left).toEqual([])
    expect(tookMs).toBeGreaterThan(0)
  })

  it('what AWS still shows once the time is over counts as left', async () => {
    const { left, tookMs } = await destroy([resource('stays', { looksAfterRemoval: 10_000 }), resource('quick')])
    expect(left).toEqual(['stays'])
    expect(tookMs).toBeLessThan(EC2_LIMITS.accountSettle.value * 2)
  })

  it('what could not be removed is known, and not waited for', async () => {
    expect(await destroy([resource('refused', { isRefused: true }), resource('quick')])).toEqual({
      left: [],
      failed: ['refused'],
      tookMs: 0,
    })
  })

  it("a stranger's is neither removed nor waited for", async () => {
    expect(await destroy([resource('stranger', { isOurs: false })])).toEqual({ left: [], failed: [], tookMs: 0 })
  })
})
