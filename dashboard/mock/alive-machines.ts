/** Machines that runs left alive, and the reapers that look for them. */
import type { Budget } from '../../src/contract/schemas/budget.ts'
import type { AliveMachine, Reaper } from '../../src/contract/schemas/machine.ts'
import type { Run } from '../../src/contract/schemas/run.ts'
import type { MockHandlers } from './mock-server.ts'
import type { MadeUpRun } from './runs.ts'
import type { World } from './world.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

export function answerMachines({ runs }: World): MockHandlers {
  return {
    listMachines: () => ({ items: aliveMachines(runs) }),
    listReapers: () => ({ items: [makeReaper('ops', Date.now() - 3 * MINUTE_MS)] }),
    getBudget: () => budgetOf(50, 41.7),
  }
}

function budgetOf(perDay: number, reserved_usd: number): Budget {
  const now = new Date()
  const period = (limit_usd: number, spent_usd: number, resetsMs: number) => {
    const resets_at = new Date(resetsMs).toISOString()
    return { limit_usd, spent_usd, reserved_usd, left_usd: limit_usd - spent_usd - reserved_usd, resets_at }
  }
  return {
    day: period(perDay, 3.21, Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1)),
    month: period(perDay * 20, 312.5, Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)),
  }
}

/** A machine left running, one that only a reaper saw, and failing or overdue reapers besides a healthy one. */
export function answerTroubledMachines({ runs, bornMs: nowMs }: World): MockHandlers {
  const stuck = machineOf(runs[4]?.run, 190, -145)
  return {
    listMachines: () => ({
      items: [{ ...stuck, run_status: 'termination_unconfirmed', state: 'terminating' }, ...aliveMachines(runs)],
    }),
    getBudget: () => budgetOf(40, 41.7),
    listReapers: () => ({
      items: [
        makeReaper('nightly', Date.now() - 3 * MINUTE_MS),
        makeReaper('old-office', nowMs - 7 * HOUR_MS),
        {
          ...makeReaper('ops', nowMs - 5 * HOUR_MS),
          at: new Date(nowMs - 4 * MINUTE_MS).toISOString(),
          success: false,
          unseen: [{ name: 'ec2 us-east-1', error: 'The AWS credentials have expired.' }],
          things: [
            {
              kind: 'instance',
              id: 'i-0fee1dead5ca1ab1e',
              region: 'us-west-2',
              run_id: 'run_of_another_control_plane',
              created_at: new Date(nowMs - HOUR_MS).toISOString(),
              deadline_at: new Date(nowMs - 900_000).toISOString(),
              detail: 'running g5.xlarge',
              decision: 'reap: deadline passed',
              outcome: 'failed',
              error: 'UnauthorizedOperation: ec2:TerminateInstances',
              gone_at: null,
              run_is_known: false,
            },
          ],
        },
      ],
    }),
  }
}

/** That of the run that goes on. */
function aliveMachines(runs: readonly MadeUpRun[]): AliveMachine[] {
  return runs.flatMap(({ run }) => (run.ended_at === null && run.machine !== null ? [machineOf(run, 4, 41)] : []))
}

/** Its times stay as far from now. */
function machineOf(run: Run | undefined, ageMinutes: number, leftMinutes: number): AliveMachine {
  const nowMs = Date.now()
  return {
    machine_id: run?.machine?.machine_id ?? 'i-0123456789abcdef0',
    instance_type: 'g5.xlarge',
    state: 'running',
    launched_at: new Date(nowMs - ageMinutes * 60_000).toISOString(),
    terminated_at: null,
    run_id: run?.run_id ?? 'run_x',
    run_status: 'running',
    provider: 'ec2',
    cluster_name: 'ci-gpu-bench',
    run_created_at: new Date(nowMs + (leftMinutes - 45) * 60_000).toISOString(),
    deadline_at: new Date(nowMs + leftMinutes * 60_000).toISOString(),
    worst_case_cost_usd: 0.75,
  }
}

function makeReaper(name: string, successMs: number): Reaper {
  const at = new Date(successMs).toISOString()
  return {
    name,
    at,
    dry_run: false,
    success: true,
    interval_seconds: 600,
    things: [],
    unseen: [],
    last_success_at: at,
    received_at: at,
  }
}
