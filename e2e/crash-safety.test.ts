/**
 * A run leaves nothing behind, however it ends: the real plan and engine against a real control plane, with machines
 * from the fake provider. One run finds every point at which the harness acts; later runs fail there,
 * and are killed there, before and after.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '../src/contract/client.ts'
import type { RouteName } from '../src/contract/routes.ts'
import { startTestServer, type TestServer } from '../src/control-plane/testing/test-server.ts'
import { newId } from '../src/core/ids.ts'
import { RadixError } from '../src/errors/radix-error.ts'
import type { RunConfigInput } from '../src/harness/config.ts'
import { ControlPlaneLost } from '../src/harness/control-plane-lost.ts'
import type { RunOutcome } from '../src/harness/events.ts'
import { cleanUpRun, resumeRun } from '../src/harness/finish-run.ts'
import { exitCodeOf } from '../src/harness/outcome.ts'
import type { HarnessPorts } from '../src/harness/ports.ts'
import { startRun } from '../src/harness/start-run.ts'
import { STEP_NAMES } from '../src/harness/step-names.ts'
import { isFullRun } from './support/full-run.ts'
import { type Fault, Gates } from './support/gates.ts'
import { World } from './support/world.ts'

const CONCURRENCY = 4
/** Longer than the run may take, and shorter than the steps that the deadline does not bound. */
const TTL_MINUTES = 1
const JUMP_MS = 70_000

let server: TestServer
/** Every point of a successful run, in order. */
let points: string[]

beforeAll(async () => {
  server = await startTestServer()
  const gates = new Gates()
  await inWorld(async (world) => {
    expect(await start(world, newId('run'), gates)).toMatchObject({ status: 'succeeded' })
  })
  points = [...gates.seen]
})
afterAll(() => server.close())

async function inWorld(story: (world: World) => Promise<void>): Promise<void> {
  const world = await World.create(server)
  try {
    await story(world)
  } finally {
    await world.close()
  }
}

/** The outcome, the error of `startRun`, or `died`. */
async function start(
  world: World,
  runId: string,
  gates: Gates,
  config: Partial<RunConfigInput> = {},
): Promise<RunOutcome | 'died' | Error> {
  const ports = world.startProcess(gates)
  const interrupt = new AbortController().signal
  const running = startRun({ config: world.config(config), runId, ports, observe: () => {}, interrupt })
  return Promise.race([
    running.catch((error: unknown) => {
      if (!gates.alive) return 'died' as const
      return error instanceof Error ? error : new Error(String(error))
    }),
    gates.died.then(() => 'died' as const),
  ])
}

/** One route of the control plane is unreachable. */
function withoutAnswer(ports: HarnessPorts, route: RouteName, error: RadixError): HarnessPorts {
  return {
    ...ports,
    createClient: (...args) => {
      const client = ports.createClient(...args)
      const call: typeof client.call = (name, ...rest) =>
        name === route ? Promise.reject(error) : client.call(name, ...rest)
      return { ...client, call }
    },
  }
}

function finish(world: World, runId: string, how: typeof cleanUpRun | typeof resumeRun): Promise<RunOutcome> {
  const options = { runId, dataDir: world.directory, ports: world.startProcess(), observe: () => {} }
  return how({ ...options, interrupt: new AbortController().signal })
}

/** Runs the scenario once for every point, each in its own world, and collects the failures. */
async function expectAtEveryPoint(
  story: (world: World, point: string) => Promise<void>,
  which: readonly string[] = points,
): Promise<void> {
  const failures: string[] = []
  const queue = [...which]
  const work = async () => {
    for (let point = queue.shift(); point !== undefined; point = queue.shift()) {
      const at = point
      await inWorld((world) => story(world, at)).catch((error) => failures.push(`${at}: ${String(error)}`))
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
  expect(failures).toEqual([])
}

const COMPLETE = {
  status: 'succeeded',
  error: null,
  pending: [],
  hasEvidence: true,
  launchCount: 1,
  startedJobs: 2,
  differentJobs: 2,
  storedJobs: 2,
}

async function describeEnd(world: World, outcome: RunOutcome): Promise<object> {
  const { status, error, pending } = outcome
  const jobIds = world.agents.flatMap((agent) => agent.jobIds)
  return {
    status,
    error,
    pending,
    hasEvidence: outcome.evidence_path !== null,
    launchCount: world.cloud.launchCount,
    startedJobs: jobIds.length,
    differentJobs: new Set(jobIds).size,
    storedJobs: (await world.listJobs()).length,
  }
}

describe('the points of a run', () => {
  it('include every step’s intent, its outcome and the effects between', () => {
    for (const step of STEP_NAMES) expect(points).toContain(`journal step-started ${step}`)
    expect(points).toEqual(
      expect.arrayContaining([
        'token',
        'api registerRun',
        'api createCluster',
        'api createOnboardingToken',
        'provider storeSecret',
        'provider launch',
        'api launchJob trial-1',
        'api launchJob trial-2',
        'journal facts',
        'provider terminate',
        'evidence',
        'api putEvidence',
        'api archiveCluster',
        'api endRun',
        'journal run-ended  succeeded',
      ]),
    )
  })
})

describe.each(['before', 'after'] as const)('%s every effect of every step', (when) => {
  /** A crash before a point equals a crash after the previous one; `npm run test:full` tests both. */
  const toCrashAt = (all: readonly string[]) => (when === 'after' || isFullRun ? all : all.slice(0, 1))

  it('a failure leaves nothing behind', async () => {
    await expectAtEveryPoint(async (world, point) => {
      const gates = new Gates({ point, when, how: 'error' })
      const outcome = await start(world, newId('run'), gates)
      expect(gates.struck).toBe(true)
      expect(typeof outcome === 'object' && 'pending' in outcome ? outcome.pending : []).toEqual([])
      await world.expectNothingLeft()
    })
  })

  it('a crash leaves nothing after a clean-up', async () => {
    await expectAtEveryPoint(async (world, point) => {
      const runId = newId('run')
      expect(await start(world, runId, new Gates({ point, when, how: 'crash' }))).toBe('died')
      const outcome = await finish(world, runId, cleanUpRun).catch((error) => error)
      // Before the first journal entry there is no run, and nothing was started.
      const expected =
        outcome instanceof Error ? { code: 'RUN_NOT_FOUND' } : { pending: [], termination: { confirmed: true } }
      expect(outcome).toMatchObject(expected)
      await world.expectNothingLeft()
    }, toCrashAt(points))
  })

  it('a run resumed after a crash has the same outcome, and does nothing twice', async () => {
    await expectAtEveryPoint(
      async (world, point) => {
        const runId = newId('run')
        expect(await start(world, runId, new Gates({ point, when, how: 'crash' }))).toBe('died')
        const outcome = await finish(world, runId, resumeRun).catch((error) => error)
        const end = outcome instanceof Error ? Object(outcome).code : await describeEnd(world, outcome)
        expect(['RUN_NOT_FOUND', 'RUN_ALREADY_FINISHED', COMPLETE]).toContainEqual(end)
        await world.expectNothingLeft()
      },
      toCrashAt(points.filter((point) => point.startsWith('journal') || when === 'after')),
    )
  })

  it('the deadline ends the run, and leaves nothing behind', async () => {
    // The journal is written synchronously, so a deadline before a write and one after it have the same effect.
    const toPassAt = when === 'after' || isFullRun ? points : points.filter((point) => !point.startsWith('journal'))
    await expectAtEveryPoint(async (world, point) => {
      const gates = new Gates({ point, when, how: () => world.clock.jump(JUMP_MS) })
      const outcome = await start(world, newId('run'), gates, { ttlMinutes: TTL_MINUTES })
      expect(gates.struck).toBe(true)
      expect(outcome).toMatchObject({ pending: [], termination: { confirmed: true } })
      const { status, error } = outcome as RunOutcome
      expect(status === 'succeeded' ? 'RUN_TTL_EXCEEDED' : error?.code).toMatch(
        /RUN_TTL_EXCEEDED|JOB_NOT_COMPLETED_IN_TIME/,
      )
      await world.expectNothingLeft()
    }, toPassAt)
  })
})

describe('every step', () => {
  it('run a second time has the same outcome', async () => {
    // After a crash between a step's effects and its outcome, the next process repeats the step.
    await expectAtEveryPoint(
      async (world, point) => {
        const runId = newId('run')
        expect(await start(world, runId, new Gates({ point, when: 'before', how: 'crash' }))).toBe('died')
        expect(await finish(world, runId, resumeRun)).toMatchObject({ status: 'succeeded', pending: [] })
        expect(world.cloud.launchCount).toBe(1)
        expect(await world.listJobs()).toHaveLength(2)
        await world.expectNothingLeft()
      },
      STEP_NAMES.map((name) => `journal step-finished ${name} succeeded`),
    )
  })

  it('undone a second time has the same outcome', () =>
    inWorld(async (world) => {
      const runId = newId('run')
      const gates = new Gates({ point: 'api launchJob trial-2', when: 'after', how: 'error' })
      expect(await start(world, runId, gates)).toMatchObject({ status: 'failed', pending: [] })
      for (let repetition = 0; repetition < 2; repetition++) {
        expect(await finish(world, runId, cleanUpRun)).toMatchObject({ status: 'failed', pending: [] })
        await world.expectNothingLeft()
      }
    }))
})

describe('a machine whose termination is not confirmed', () => {
  it('ends the run as unconfirmed, with its own exit code, until a clean-up confirms the termination', () =>
    inWorld(async (world) => {
      const runId = newId('run')
      world.cloud.terminationIsStuck = true
      // Time runs fast only after the request to terminate.
      let impatience: NodeJS.Timeout | undefined
      const hurry = () => {
        impatience = setInterval(() => world.clock.jump(60_000), 20)
      }
      const gates = new Gates({ point: 'provider terminate', when: 'after', how: hurry })
      const outcome = await start(world, runId, gates, { ttlMinutes: 600 }).finally(() => clearInterval(impatience))
      expect(outcome).toMatchObject({
        status: 'termination_unconfirmed',
        termination: { confirmed: false, state: 'unconfirmed', confirmed_at: null },
        error: { code: 'TERMINATION_UNCONFIRMED' },
      })
      expect(exitCodeOf(outcome as RunOutcome)).toBe(7)
      expect(world.cloud.livingMachines).toHaveLength(1)
      world.cloud.terminationIsStuck = false
      const cleaned = await finish(world, runId, cleanUpRun)
      expect(cleaned).toMatchObject({ status: 'failed', pending: [], termination: { state: 'confirmed' } })
      await world.expectNothingLeft()
    }))
})

describe('a launch whose answer is lost', () => {
  it('is in the evidence with its machine, and the termination is confirmed', () =>
    inWorld(async (world) => {
      const gates = new Gates({ point: 'provider launch', when: 'after', how: 'error' })
      const outcome = await start(world, newId('run'), gates)
      expect(outcome).toMatchObject({ status: 'failed', termination: { state: 'confirmed' } })
      const { evidence_path, termination } = outcome as RunOutcome
      const evidence = JSON.parse(await readFile(evidence_path ?? '', 'utf8'))
      // The harness found the machine by its tag: the launch succeeded.
      expect(evidence.launch_attempts).toMatchObject([{ outcome: 'launched' }])
      expect(evidence.environment.machine).toMatchObject({ machine_id: termination.machine_id })
      expect(evidence.environment.machine.launched_at).not.toBeNull()
      await world.expectNothingLeft()
    }))
})

describe('a run that failed while its disk was full', () => {
  /** The run fails at `point`. The disk is then full until it has refused `lasts` entries. */
  async function failOnFullDisk(world: World, point: string, lasts: number): Promise<string> {
    const runId = newId('run')
    let refused = 0
    let isFull = false
    world.diskIsFullFor = ({ type }) => {
      isFull ||= type === 'unwind-started'
      return isFull && refused++ < lasts
    }
    const outcome = await start(world, runId, new Gates({ point, when: 'before', how: 'error' }))
    expect(outcome).toMatchObject({ status: 'failed', termination: { confirmed: true } })
    world.diskIsFullFor = () => false
    return runId
  }

  const readStatus = async (world: World, runId: string) =>
    (await world.client.call('getRun', { params: { run_id: runId } })).status

  it.each([
    ['for a moment, in the middle', 'api launchJob trial-2', 1],
    ['to its end, in the middle', 'api launchJob trial-2', Number.POSITIVE_INFINITY],
    ['for a moment, with its machine gone', 'evidence', 1],
    ['to its end, with its machine gone', 'evidence', Number.POSITIVE_INFINITY],
  ])('%s, stays failed after a clean-up, which finishes', (_, point, lasts) =>
    inWorld(async (world) => {
      const runId = await failOnFullDisk(world, point, lasts)
      for (let repetition = 0; repetition < 2; repetition++) {
        const cleaned = await finish(world, runId, cleanUpRun)
        expect(cleaned).toMatchObject({ pending: [], termination: { confirmed: true } })
        expect(cleaned.status).toMatch(/failed|cancelled/)
        expect(await readStatus(world, runId)).toBe('failed')
        await world.expectNothingLeft()
      }
    }),
  )

  it('does not become a success when a clean-up cannot reach the control plane at first', () =>
    inWorld(async (world) => {
      const runId = await failOnFullDisk(world, 'evidence', Number.POSITIVE_INFINITY)
      const ports = world.startProcess()
      const away = new RadixError('API_UNREACHABLE', { api_base: 'x', reason: 'the connection was cut by the test' })
      const cleaned = await cleanUpRun({
        runId,
        dataDir: world.directory,
        ports: withoutAnswer(ports, 'getRun', away),
        observe: () => {},
        interrupt: new AbortController().signal,
      })
      expect(cleaned.status).toMatch(/failed|cancelled/)
      expect(cleaned).toMatchObject({ termination: { confirmed: true } })
      expect(await readStatus(world, runId)).toBe('failed')
      await world.expectNothingLeft()
    }))

  it('is not resumed to a better outcome', () =>
    inWorld(async (world) => {
      const runId = await failOnFullDisk(world, 'evidence', Number.POSITIVE_INFINITY)
      expect(await finish(world, runId, resumeRun)).toMatchObject({ status: 'failed', pending: [] })
    }))

  it('is not resumed, and launches nothing, when its outcome cannot be read from the control plane', () =>
    inWorld(async (world) => {
      const runId = newId('run')
      const gates = new Gates({ point: 'api launchJob trial-2', when: 'before', how: 'crash' })
      expect(await start(world, runId, gates)).toBe('died')
      const journal = join(world.directory, 'runs', runId, 'journal.jsonl')
      const before = await readFile(journal, 'utf8')
      const ports = world.startProcess()
      const away = new RadixError('API_UNREACHABLE', { api_base: 'http://away', reason: 'ECONNREFUSED' })
      const resumed = resumeRun({
        runId,
        dataDir: world.directory,
        ports: withoutAnswer(ports, 'getRun', away),
        observe: () => {},
        interrupt: new AbortController().signal,
      })
      await expect(resumed).rejects.toMatchObject({
        code: 'API_UNREACHABLE',
        why: expect.stringContaining('is not resumed'),
        fix: expect.stringContaining(`radix bench cleanup ${runId}`),
      })
      expect(await readFile(journal, 'utf8')).toBe(before)
      expect(world.cloud.launchCount).toBe(1)
      expect(await finish(world, runId, resumeRun)).toMatchObject({ status: 'succeeded', pending: [] })
      expect(world.cloud.launchCount).toBe(1)
      await world.expectNothingLeft()
    }))

  it('is failed after a clean-up when only the reason is missing from its journal', () =>
    inWorld(async (world) => {
      const runId = newId('run')
      const gates = new Gates({ point: 'api launchJob trial-2', when: 'before', how: 'error' })
      expect(await start(world, runId, gates)).toMatchObject({ status: 'failed' })
      const path = join(world.directory, 'runs', runId, 'journal.jsonl')
      const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => !line.includes('"unwind-started"'))
      await writeFile(path, lines.join('\n'))
      expect(await finish(world, runId, cleanUpRun)).toMatchObject({ status: 'failed', pending: [] })
    }))
})

describe('a step that takes too long', () => {
  it('has a bounded explanation: its machine is terminated even if the provider never explains', () =>
    inWorld(async (world) => {
      let impatience: NodeJS.Timeout | undefined
      const hurry = () => {
        impatience = setInterval(() => world.clock.jump(11 * 60_000), 20)
      }
      const gates = new Gates({ point: 'journal step-started await-cluster', when: 'after', how: hurry })
      const ports = world.startProcess(gates)
      const outcome = await startRun({
        config: world.config({ ttlMinutes: 1440 }),
        ports: { ...ports, provider: { ...ports.provider, findBootCause: () => new Promise(() => {}) } },
        observe: (event) => {
          if (event.type === 'undo-started') clearInterval(impatience)
        },
        interrupt: new AbortController().signal,
      })
      expect(outcome).toMatchObject({ status: 'failed', error: { code: 'STEP_TIMED_OUT' }, pending: [] })
      await world.expectNothingLeft()
    }))
})

describe('a run whose control plane can no longer start', () => {
  it('terminates its machine first, and leaves unsent reports to a later clean-up', () =>
    inWorld(async (world) => {
      const runId = newId('run')
      const fault: Fault = { point: 'api launchJob trial-2', when: 'after', how: 'crash' }
      expect(await start(world, runId, new Gates(fault))).toBe('died')
      const ports = world.startProcess()
      const lost = async () => {
        throw new ControlPlaneLost(new Error('its database is damaged'))
      }
      const outcome = await cleanUpRun({
        runId,
        dataDir: world.directory,
        ports: {
          ...ports,
          createClient: (baseUrl, credential) => createClient({ baseUrl, credential, fetch: lost, clock: world.clock }),
        },
        observe: () => {},
        interrupt: new AbortController().signal,
      })
      expect(outcome.termination).toMatchObject({ confirmed: true, state: 'confirmed' })
      expect(outcome.pending.map(({ step }) => step)).toContain('create-cluster')
      expect(outcome.pending.map(({ reason }) => reason).join()).toContain('its database is damaged')
      expect(world.cloud.livingMachines).toEqual([])
      expect(await finish(world, runId, cleanUpRun)).toMatchObject({ pending: [], termination: { confirmed: true } })
      await world.expectNothingLeft()
    }))
})

describe('a run without its journal', () => {
  it('is cleaned up with only its id', () =>
    inWorld(async (world) => {
      const runId = newId('run')
      const fault: Fault = { point: 'api launchJob trial-1', when: 'after', how: 'crash' }
      expect(await start(world, runId, new Gates(fault))).toBe('died')
      const elsewhere = `${world.directory}/elsewhere`
      const outcome = await cleanUpRun({
        runId,
        dataDir: elsewhere,
        ports: world.startProcess(),
        observe: () => {},
        interrupt: new AbortController().signal,
        adoptAs: world.config({ dataDir: elsewhere }),
      })
      expect(outcome).toMatchObject({ status: 'cancelled', pending: [], termination: { confirmed: true } })
      await world.expectNothingLeft()
    }))
})
