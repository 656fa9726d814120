/** After a process dies at any point of a run, the next one resumes the run or cleans it up from the journal. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunStatus } from '../core/transitions.ts'
import type { RunOutcome } from './events.ts'
import { cleanUpRun, resumeRun } from './finish-run.ts'
import { exitCodeOfCleanup } from './outcome.ts'
import { type Fault, Gates } from './testing/gates.ts'
import { RUN_ID } from './testing/journal.ts'
import { HarnessWorld } from './testing/world.ts'

/** The course of a run whose process will be killed. */
type Story = (world: HarnessWorld) => void

const goesWell: Story = () => {}
const trialFails: Story = ({ controlPlane }) => {
  controlPlane.jobEnding = { status: 'failed', error_message: 'out of memory' }
}

/** After the termination, for a reason that has passed when the run is resumed. */
const evidenceIsLost: Story = ({ controlPlane }) => controlPlane.disturb('putEvidence', 'unreachable', 5)

let directory: HarnessWorld
beforeEach(() => {
  directory = new HarnessWorld()
})
afterEach(() => directory.dispose())

function newWorld(story: Story): HarnessWorld {
  const world = new HarnessWorld(directory.directory)
  story(world)
  return world
}

/** Every point of a whole run, once for each passing. */
async function passingsOf(story: Story) {
  const world = newWorld(story)
  const gates = new Gates()
  await world.clock.during(world.start(gates))
  return gates.passings
}

/** Points that change nothing in the world. */
const LOOKS = new Set([
  'token',
  'provider preflight',
  'provider listPlacements',
  'provider quote',
  'provider describe',
  'provider findByRun',
  'api report',
])

/** Names each failure and its point. */
async function atEach<T>(things: readonly T[], words: (thing: T) => string, check: (thing: T) => Promise<string[]>) {
  const failures: string[] = []
  for (const thing of things) {
    const wrong = await check(thing)
    if (wrong.length > 0) failures.push(`${words(thing)}: ${wrong.join('; ')}`)
  }
  return failures
}

const BAD: readonly RunStatus[] = ['failed', 'cancelled', 'termination_unconfirmed']

/** The status when the process died, in the journal and in the control plane. Neither may improve. */
function hadEndedBadly(world: HarnessWorld): boolean {
  const isUnwinding = world.journal.some(({ type }) => type === 'unwind-started')
  const told = world.controlPlane.runs.get(RUN_ID)?.status
  return isUnwinding || (told !== undefined && BAD.includes(told))
}

async function finish(world: HarnessWorld, how: typeof cleanUpRun | typeof resumeRun): Promise<RunOutcome | string> {
  return world.finish(how).catch((error: unknown) => String(Object(error).code ?? error))
}

function whatIsWrong(world: HarnessWorld, outcome: RunOutcome, before: { endedBadly: boolean }): string[] {
  const told = world.controlPlane.runs.get(RUN_ID)?.status
  return [
    ...world.findLeftovers(),
    ...outcome.pending.map(({ step, reason }) => `pending ${step}: ${reason}`),
    ...(outcome.termination.confirmed ? [] : ['the machine’s end is not confirmed']),
    ...(before.endedBadly && outcome.status === 'succeeded' ? ['its status improved'] : []),
    ...(before.endedBadly && told === 'succeeded' ? ['the control plane was told of a success'] : []),
  ]
}

describe.each([
  ['that succeeds', goesWell],
  ['whose trial fails', trialFails],
])('a run %s, whose process dies at any point,', (_, story) => {
  /** After each effect and each entry. Before one, the world is as after the previous one. */
  async function crashes(): Promise<Fault[]> {
    const passings = (await passingsOf(story)).filter(({ point }) => !LOOKS.has(point))
    return passings.map((passing) => ({ ...passing, when: 'after', how: 'crash' }))
  }
  const words = ({ point, occurrence }: Fault) => `after ${occurrence}. ${point}`

  it('is cleaned up', async () => {
    const failures = await atEach(await crashes(), words, async (fault) => {
      const world = newWorld(story)
      expect(await world.startAndDie(new Gates(fault))).toBe('died')
      const before = { endedBadly: hadEndedBadly(world) }
      const outcome = await finish(world, cleanUpRun)
      // Before the first entry nothing was started.
      if (typeof outcome === 'string') return outcome === 'RUN_NOT_FOUND' ? world.findLeftovers() : [outcome]
      return [...whatIsWrong(world, outcome, before), ...(exitCodeOfCleanup(outcome) === 0 ? [] : ['its exit code'])]
    })
    expect(failures).toEqual([])
  })

  it('is resumed to its end, and does nothing twice', async () => {
    const failures = await atEach(await crashes(), words, async (fault) => {
      const world = newWorld(story)
      expect(await world.startAndDie(new Gates(fault))).toBe('died')
      const before = { endedBadly: hadEndedBadly(world) }
      const outcome = await finish(world, resumeRun)
      if (typeof outcome === 'string') {
        const isExpected = outcome === 'RUN_NOT_FOUND' || outcome === 'RUN_ALREADY_FINISHED'
        return [...(isExpected ? [] : [outcome]), ...world.findLeftovers()]
      }
      const status = story === goesWell ? 'succeeded' : 'failed'
      return [
        ...whatIsWrong(world, outcome, before),
        ...(outcome.status === status ? [] : [`it ended as ${outcome.status}`]),
        ...(world.cloud.launchCount === 1 ? [] : [`${world.cloud.launchCount} launches`]),
        ...(world.controlPlane.jobs.size === (story === goesWell ? 2 : 1) ? [] : ['a job too many or too few']),
        ...(world.controlPlane.evidence.has(RUN_ID) ? [] : ['no evidence']),
      ]
    })
    expect(failures).toEqual([])
  })
})

describe('a run whose journal lost its last entries', () => {
  it.each([
    ['that failed, once it is cleaned up', trialFails, cleanUpRun],
    ['that failed, once it is resumed', trialFails, resumeRun],
    ['that failed at its end, once it is cleaned up', evidenceIsLost, cleanUpRun],
    ['that failed at its end, once it is resumed', evidenceIsLost, resumeRun],
    ['that succeeded, once it is cleaned up', goesWell, cleanUpRun],
  ])('and %s, leaves nothing and has no better status', async (_, story, how) => {
    const whole = newWorld(story)
    await whole.clock.during(whole.start())
    const counts = whole.journal.slice(1).map((__, index) => index + 1)
    const failures = await atEach(
      counts,
      (count) => `${count} entries`,
      async (count) => {
        const world = newWorld(story)
        await world.clock.during(world.start())
        const before = { endedBadly: hadEndedBadly(world) }
        const told = world.controlPlane.runs.get(RUN_ID)?.status
        world.store.cut(RUN_ID, count)
        const outcome = await finish(world, how)
        if (typeof outcome === 'string') return [outcome]
        const isKept = world.controlPlane.runs.get(RUN_ID)?.status === told
        return [
          ...whatIsWrong(world, outcome, before),
          ...(isKept ? [] : ['the control plane has another status']),
          ...(world.cloud.launchCount === 1 ? [] : ['another machine was launched']),
        ]
      },
    )
    expect(failures).toEqual([])
  })
})
