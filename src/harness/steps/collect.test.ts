import { afterEach, beforeEach, expect, it } from 'vitest'
import type { JobEvent } from '../../contract/schemas/job.ts'
import { gpuSample } from '../../evidence/testing/facts.ts'
import { readCollected } from '../collected-facts.ts'
import { HarnessWorld } from '../testing/world.ts'
import { collect } from './collect.ts'
import { runTrials } from './run-trials.ts'

let world: HarnessWorld
beforeEach(() => {
  world = new HarnessWorld()
})
afterEach(() => world.dispose())

const at = '2026-03-02T12:00:01.000Z'
const sample = (sequence: number): JobEvent => ({ sequence, at, kind: 'gpu_sample', data: gpuSample() })
const line = (sequence: number, text: string): JobEvent => ({
  sequence,
  at,
  kind: 'log',
  data: { stream: 'stdout', line: text },
})

async function atStep() {
  const clusterId = world.controlPlane.addCluster({ status: 'active' }).cluster_id
  await world.clock.during(runTrials(world.at('collect', { clusterId }).context))
  const [first = '', second = ''] = world.controlPlane.jobs.keys()
  return { ...world.again('collect'), first, second }
}

it('stores the results, every GPU sample and the end of each log', async () => {
  const { context, first } = await atStep()
  const samples = Array.from({ length: 1500 }, (_, index) => sample(index + 1))
  const lines = Array.from({ length: 120 }, (_, index) => line(2000 + index, `line ${index}`))
  world.controlPlane.events.set(first, [...samples, ...lines])
  expect(await world.clock.during(collect(context))).toMatchObject({ message: '2 results, 1500 GPU samples' })
  // Another process reads it: it is on the disk.
  const stored = readCollected(world.again('write-evidence').context)
  expect(stored?.trials.map(({ trial, gpuSamples }) => [trial, gpuSamples.length])).toEqual([
    [1, 1500],
    [2, 0],
  ])
  expect(stored?.trials[0]?.logTail).toEqual(lines.slice(-50).map((_, index) => `line ${70 + index}`))
})

it('redacts secrets in a log', async () => {
  const secret = `radix_ct_${'a'.repeat(43)}`
  const { context, second } = await atStep()
  world.controlPlane.events.set(second, [line(1, `token ${secret}`)])
  await world.clock.during(collect(context))
  expect(context.files.readFacts()).not.toContain(secret)
})

it('has the same outcome a second time', async () => {
  const { context } = await atStep()
  await world.clock.during(collect(context))
  const once = context.files.readFacts()
  await world.clock.during(collect(world.again('collect').context))
  expect(context.files.readFacts()).toBe(once)
})

it.each(['getJob', 'listJobEvents'] as const)(
  'stores nothing instead of a part while %s goes unanswered',
  async (route) => {
    const { context } = await atStep()
    world.controlPlane.disturb(route, 'unreachable')
    await expect(world.clock.during(collect(context))).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
    expect(context.files.readFacts()).toBeUndefined()
  },
)

it('fails for a job that the control plane no longer knows', async () => {
  const { context, second } = await atStep()
  world.controlPlane.jobs.delete(second)
  await expect(world.clock.during(collect(context))).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
