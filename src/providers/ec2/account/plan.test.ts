import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../core/clock.ts'
import { EC2_LIMITS } from '../../../core/limits/ec2.ts'
import { findLeft, inspect, removeAll } from './plan.ts'
import type { AccountResource } from './resource.ts'

/** A clock that moves when it sleeps. */
class SleepingClock extends ManualClock {
  override sleep(durationMs: number): Promise<void> {
    return this.advance(durationMs)
  }
}

/** A resource that AWS still lists for a number of looks after its deletion. */
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
  it('AWS is polled until it no longer lists the resource', async () => {
    const { left, tookMs } = await destroy([resource('slow', { looksAfterRemoval: 5 }), resource('quick')])
    expect(left).toEqual([])
    expect(tookMs).toBeGreaterThan(0)
  })

  it('a resource that AWS still lists at the time limit counts as left', async () => {
    const { left, tookMs } = await destroy([resource('stays', { looksAfterRemoval: 10_000 }), resource('quick')])
    expect(left).toEqual(['stays'])
    expect(tookMs).toBeLessThan(EC2_LIMITS.accountSettle.value * 2)
  })

  it('a failed deletion is reported, and not awaited', async () => {
    expect(await destroy([resource('refused', { isRefused: true }), resource('quick')])).toEqual({
      left: [],
      failed: ['refused'],
      tookMs: 0,
    })
  })

  it('a foreign resource is neither deleted nor awaited', async () => {
    expect(await destroy([resource('stranger', { isOurs: false })])).toEqual({ left: [], failed: [], tookMs: 0 })
  })
})
