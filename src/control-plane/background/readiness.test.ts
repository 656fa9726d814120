import { expect, it } from 'vitest'
import { ManualClock } from '../../core/clock.ts'
import { createReadiness } from './readiness.ts'

const INTERVAL_MS = 5000

function start() {
  const clock = new ManualClock()
  const startedAt = clock.now()
  const readiness = createReadiness(INTERVAL_MS, clock, async () => clock.now())
  const sweep = async () => {
    const since = await readiness.since()
    readiness.swept()
    return (since.getTime() - startedAt.getTime()) / 1000
  }
  return { clock, sweep, readiness }
}

it('is the start of the server, however long it serves', async () => {
  const { clock, sweep } = start()
  for (let round = 0; round < 10; round++) {
    expect(await sweep()).toBe(0)
    await clock.advance(INTERVAL_MS)
  }
})

it('is when the host woke, once it has slept', async () => {
  const { clock, sweep } = start()
  await sweep()
  await clock.advance(3_600_000)
  expect(await sweep()).toBe(3600)
  await clock.advance(INTERVAL_MS)
  expect(await sweep()).toBe(3600)
})

it('does not change because a sweep took long', async () => {
  const { clock, sweep, readiness } = start()
  await readiness.since()
  await clock.advance(600_000)
  readiness.swept()
  await clock.advance(INTERVAL_MS)
  expect(await sweep()).toBe(0)
})
