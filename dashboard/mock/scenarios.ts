/**
 * What the dashboard has to be able to show: a busy team, whose things can be worked with, nothing at all, trouble, failure,
 * a slow server, no user signed in, a session that is about to end, and a user who may only read.
 */
import { RadixError } from '../../src/errors/radix-error.ts'
import { answerMachines, answerTroubledMachines } from './alive-machines.ts'
import { answerApiKeys } from './api-keys.ts'
import { streamChanges } from './changes.ts'
import { answerClusters } from './cluster-routes.ts'
import { answerJobs } from './job-routes.ts'
import { answerMembers, answerNoMembers } from './members.ts'
import type { MockHandlers } from './mock-server.ts'
import { answerRuns, KEY_ID } from './run-routes.ts'
import { answerSession, answerSignedOut } from './session.ts'
import { World } from './world.ts'

export const SCENARIO_NAMES = ['busy', 'empty', 'trouble', 'failing', 'slow', 'signed-out', 'ending', 'viewer'] as const
export type ScenarioName = (typeof SCENARIO_NAMES)[number]

/** When the session of `ending` does. */
const ENDS_IN_MS = 4 * 60_000

export interface Scenario {
  handlers: MockHandlers
  /** Does what is due before anything is answered. */
  catchUp: (nowMs: number) => void
}

export function createScenario(name: ScenarioName, nowMs: number): Scenario {
  const world = new World(nowMs)
  return {
    handlers: {
      ...answerSession(null),
      streamChanges: ({ signal }) => streamChanges(world, signal),
      ...choose(name, world),
    },
    catchUp: (at) => world.catchUp(at),
  }
}

function choose(name: ScenarioName, world: World): MockHandlers {
  if (name === 'busy') return busy(world)
  if (name === 'trouble') return { ...busy(world), ...trouble(world) }
  if (name === 'ending') return { ...busy(world), ...answerSession(world.bornMs + ENDS_IN_MS) }
  if (name === 'viewer') return { ...busy(world), ...answerSession(null, 'viewer') }
  if (name === 'signed-out') return answerSignedOut()
  const lists = (answer: () => never | Promise<never>): MockHandlers => ({
    listClusters: answer,
    listRuns: answer,
    listApiKeys: answer,
    listMembers: answer,
    listAuditEvents: answer,
    getTrends: answer,
    listMachines: answer,
    listReapers: answer,
    getBudget: answer,
    getRun: answer,
    getCluster: answer,
  })
  if (name === 'slow') return lists(() => new Promise(() => {}))
  if (name === 'failing') {
    return lists(() => {
      throw new RadixError('INTERNAL', { message: 'the mock was told to fail.' })
    })
  }
  const nothing = { items: [], next_cursor: null }
  return {
    listClusters: () => nothing,
    listRuns: () => nothing,
    listApiKeys: () => nothing,
    ...answerNoMembers(),
    getTrends: () => ({ items: [] }),
    listMachines: () => ({ items: [] }),
    listReapers: () => ({ items: [] }),
  }
}

function busy(world: World): MockHandlers {
  return {
    ...answerClusters(world),
    ...answerJobs(world),
    ...answerRuns(world),
    ...answerMachines(world),
    ...answerApiKeys(world),
    ...answerMembers(world),
  }
}

const TAMPERED_RUN = 3

/** Machines left running, and evidence that was tampered with. */
function trouble(world: World): MockHandlers {
  return {
    ...answerTroubledMachines(world),
    // Of one run; the others are as they were signed.
    getEvidenceSignature: ({ params }) => ({
      state: params.run_id === world.runs[TAMPERED_RUN]?.run.run_id ? 'changed' : 'valid',
      key_id: KEY_ID,
      signed_at: new Date(world.bornMs).toISOString(),
      trust: null,
    }),
  }
}
