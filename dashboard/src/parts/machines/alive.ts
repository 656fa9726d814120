/** One list of what is alive, from the two that know: runs, and reapers that look for tags. */
import type { AliveMachine, Reaper } from '../../../../src/contract/schemas/machine.ts'
import type { BilledMachine } from './cost.ts'

export interface Alive {
  machineId: string
  runId: string
  /** There is a page of it here. */
  isRunKnown: boolean
  /** Of the run, where this control plane knows it. */
  run: Pick<AliveMachine, 'run_status' | 'cluster_name' | 'provider' | 'worst_case_cost_usd'> | null
  /** What its cost follows from; null where no run here knows it. */
  billed: BilledMachine | null
  /** Instance type or, where only a reaper saw it, its own words. */
  what: string
  state: AliveMachine['state'] | null
  launchedAt: string | null
  deadlineAt: string | null
  /** The reaper that saw it in its last sweep. */
  seenBy: { name: string; at: string; region: string } | null
}

/**
 * The oldest first. Of several reapers that saw a machine the newest sweep counts; what was removed, or what its run has seen
 * end since, is not alive. A machine that only a reaper saw has no run here, or one that believes it is gone.
 */
export function findAlive(machines: readonly AliveMachine[], reapers: readonly Reaper[]): Alive[] {
  const sightings = reapers
    .toSorted((first, second) => Date.parse(first.at) - Date.parse(second.at))
    .flatMap(({ name, at, things }) => things.map((thing) => [thing.id, { ...thing, name, at }] as const))
  const seen = new Map(sightings)
  for (const [id, { kind, outcome, gone_at }] of seen) {
    if (kind !== 'instance' || outcome === 'removed' || gone_at !== null) seen.delete(id)
  }
  const ofRuns = machines.map((machine): Alive => {
    const sighting = seen.get(machine.machine_id)
    seen.delete(machine.machine_id)
    return {
      machineId: machine.machine_id,
      runId: machine.run_id,
      isRunKnown: true,
      run: machine,
      billed: {
        worstCaseUsd: machine.worst_case_cost_usd,
        startedAt: machine.run_created_at,
        deadlineAt: machine.deadline_at,
        launchedAt: machine.launched_at,
        terminatedAt: machine.terminated_at,
      },
      what: machine.instance_type ?? '–',
      state: machine.state,
      launchedAt: machine.launched_at,
      deadlineAt: machine.deadline_at,
      seenBy: sighting ? { name: sighting.name, at: sighting.at, region: sighting.region } : null,
    }
  })
  const ofReapers = [...seen.values()].map(
    (thing): Alive => ({
      machineId: thing.id,
      runId: thing.run_id,
      isRunKnown: thing.run_is_known,
      run: null,
      billed: null,
      what: thing.detail,
      state: null,
      launchedAt: thing.created_at,
      deadlineAt: thing.deadline_at,
      seenBy: { name: thing.name, at: thing.at, region: thing.region },
    }),
  )
  return [...ofRuns, ...ofReapers].sort((a, b) => timeOf(a) - timeOf(b))
}

export function isOverdue({ deadlineAt }: Alive, nowMs: number): boolean {
  return deadlineAt !== null && Date.parse(deadlineAt) < nowMs
}

function timeOf({ launchedAt }: Alive): number {
  return launchedAt === null ? 0 : Date.parse(launchedAt)
}
