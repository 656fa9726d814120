/** Properties of every step of the plan. The behaviour of each step is tested beside it. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { resumeRun } from './finish-run.ts'
import { PLAN } from './plan.ts'
import type { Step } from './step.ts'
import { STEP_NAMES } from './step-names.ts'
import { type Fault, Gates } from './testing/gates.ts'
import { HarnessWorld } from './testing/world.ts'

type Passing = Gates['passings'][number]

let world: HarnessWorld
beforeEach(() => {
  world = new HarnessWorld()
})
afterEach(() => world.dispose())

/** By step. */
const passings = new Map<string, Passing[]>()
beforeAll(async () => {
  const first = new HarnessWorld()
  const gates = new Gates()
  expect(await first.clock.during(first.start(gates))).toMatchObject({ status: 'succeeded', pending: [] })
  first.dispose()
  let step = 'before any step'
  for (const passing of gates.passings) {
    const [, started] = /^journal step-started (.+)$/.exec(passing.point) ?? []
    step = started ?? step
    passings.set(step, [...(passings.get(step) ?? []), passing])
  }
})

/** Runs the steps before `step`, each in its own process. */
async function doUntil(step: Step): Promise<void> {
  world.at('authenticate')
  for (const each of PLAN.slice(0, PLAN.indexOf(step))) await doStep(each)
}

async function doStep(step: Step, how: 'whole' | 'its process dies before the outcome' = 'whole'): Promise<void> {
  const { context, run } = world.again(step.name)
  run.append({ type: 'step-started', step: step.name })
  const { status, message } = await world.clock.during(step.do(context))
  if (how === 'whole') run.append({ type: 'step-finished', step: step.name, status, message })
}

async function undoStep(step: Step): Promise<void> {
  const { context } = world.again(step.name)
  if (step.undo) await world.clock.during(step.undo(context))
}

/** The world outside the harness, without tokens: one that a crash lost is replaced, and revoked with the rest. */
function look() {
  const { clusters, jobs, runs, evidence } = world.controlPlane
  return {
    machines: world.cloud.livingMachines.map(({ machineId }) => machineId),
    launchCount: world.cloud.launchCount,
    secretCount: world.cloud.secretCount,
    clusters: [...clusters.values()].map(({ cluster_id, status }) => [cluster_id, status]),
    jobs: [...jobs.values()].map(({ job_id, status }) => [job_id, status]),
    runs: [...runs.values()].map(({ run_id, status }) => [run_id, status]),
    evidence: [...evidence.keys()],
  }
}

it('has every step once, in the order of their names', () => {
  expect(PLAN.map(({ name }) => name)).toEqual(STEP_NAMES)
})

describe.each(PLAN)('step $name', (step) => {
  it('run a second time has the same outcome, and the run continues to its end', async () => {
    await doUntil(step)
    await doStep(step, 'its process dies before the outcome')
    const once = look()
    await doStep(step)
    expect(look()).toEqual(once)
    expect(await world.finish(resumeRun)).toMatchObject({ status: 'succeeded', pending: [] })
    expect(world.cloud.launchCount).toBe(1)
    expect(world.controlPlane.jobs.size).toBe(2)
    expect(world.findLeftovers()).toEqual([])
  })

  it.each(['before', 'after'] as const)(
    'leaves nothing of the run when it fails %s any of its effects',
    async (when) => {
      // An entry that failed is not in the journal, so it cannot fail after it was written.
      const reached = passings.get(step.name)?.filter(({ point }) => when === 'before' || !isEntry(point)) ?? []
      const failures: string[] = []
      for (const passing of reached) {
        const left = await leftAfter({ ...passing, when, how: 'error' })
        if (left.length > 0) failures.push(`${passing.occurrence}. ${passing.point}: ${left.join(', ')}`)
      }
      expect(failures).toEqual([])
    },
  )
})

function isEntry(point: string): boolean {
  return point.startsWith('journal ') && point !== 'journal facts'
}

async function leftAfter(fault: Fault): Promise<string[]> {
  const gates = new Gates(fault)
  const other = new HarnessWorld(world.directory)
  const outcome = await other.clock.during(other.start(gates))
  const missed = gates.struck ? [] : ['the fault was not reached']
  return [...missed, ...outcome.pending.map((pending) => `pending ${pending.step}`), ...other.findLeftovers()]
}

describe.each(PLAN.filter(({ undo }) => undo !== null))('the undo of step $name', (step) => {
  it('has the same outcome when it runs a second time', async () => {
    await doUntil(step)
    await doStep(step)
    await undoStep(step)
    const once = look()
    await undoStep(step)
    expect(look()).toEqual(once)
  })

  it('does nothing when only the intent of the step is known', async () => {
    await doUntil(step)
    const before = look()
    world.again(step.name).run.append({ type: 'step-started', step: step.name })
    await undoStep(step)
    expect(look()).toMatchObject({ machines: before.machines, jobs: before.jobs, runs: before.runs })
  })

  it('leaves nothing, together with those of the earlier steps', async () => {
    await doUntil(step)
    await doStep(step, 'its process dies before the outcome')
    for (const each of PLAN.slice(0, PLAN.indexOf(step) + 1).toReversed()) await undoStep(each)
    // The run itself ends after all undos.
    expect(world.findLeftovers()).toEqual(['registered run'])
  })
})
