/** Every state machine of the system: its states and the transitions that are allowed. One exhaustive map each. */

export const JOB_STATUSES = ['queued', 'leased', 'running', 'succeeded', 'failed', 'cancelled', 'lost'] as const
export type JobStatus = (typeof JOB_STATUSES)[number]

export const CLUSTER_STATUSES = ['pending', 'active', 'unreachable', 'archived'] as const
export type ClusterStatus = (typeof CLUSTER_STATUSES)[number]

export const RUN_STATUSES = [
  'registered',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'termination_unconfirmed',
] as const
export type RunStatus = (typeof RUN_STATUSES)[number]

export const MACHINE_STATES = ['pending', 'running', 'terminating', 'terminated'] as const
export type MachineState = (typeof MACHINE_STATES)[number]

/** A leased job goes back to `queued` when its lease expires before it started; a running one becomes `lost`. */
export const JOB_TRANSITIONS = {
  queued: ['leased', 'cancelled'],
  leased: ['running', 'queued', 'succeeded', 'failed', 'cancelled', 'lost'],
  running: ['succeeded', 'failed', 'cancelled', 'lost'],
  succeeded: [],
  failed: [],
  cancelled: [],
  lost: [],
} as const satisfies Record<JobStatus, readonly JobStatus[]>

export const CLUSTER_TRANSITIONS = {
  pending: ['active', 'archived'],
  active: ['unreachable', 'archived'],
  unreachable: ['active', 'archived'],
  archived: [],
} as const satisfies Record<ClusterStatus, readonly ClusterStatus[]>

/** `termination_unconfirmed` is left only when a later clean-up confirms that the machine is gone. */
export const RUN_TRANSITIONS = {
  registered: ['running', 'succeeded', 'failed', 'cancelled', 'termination_unconfirmed'],
  running: ['succeeded', 'failed', 'cancelled', 'termination_unconfirmed'],
  succeeded: [],
  failed: [],
  cancelled: [],
  termination_unconfirmed: ['failed', 'cancelled'],
} as const satisfies Record<RunStatus, readonly RunStatus[]>

/** True when `to` may follow `from`; staying in a state is not a transition. */
export function mayTransition<S extends string>(map: Record<S, readonly S[]>, from: S, to: S): boolean {
  return map[from].includes(to)
}

/** The states that nothing leaves. */
export function isFinal<S extends string>(map: Record<S, readonly S[]>, state: S): boolean {
  return map[state].length === 0
}

/** The states from which `to` may be reached in one transition: the `WHERE status IN (…)` of a guarded update. */
export function statesBefore<S extends string>(map: Record<S, readonly S[]>, to: S): S[] {
  return (Object.keys(map) as S[]).filter((from) => map[from].includes(to))
}

export function finalStates<S extends string>(map: Record<S, readonly S[]>): S[] {
  return (Object.keys(map) as S[]).filter((state) => isFinal(map, state))
}

/** A run that may still succeed: its harness is at work, or about to be. */
export const ACTIVE_RUN_STATUSES = statesBefore<RunStatus>(RUN_TRANSITIONS, 'succeeded')
/** A job that may still succeed: an agent holds a lease of it. */
export const HELD_JOB_STATUSES = statesBefore<JobStatus>(JOB_TRANSITIONS, 'succeeded')
/** States that a job still leaves. */
export const UNFINISHED_JOB_STATUSES = JOB_STATUSES.filter((status) => !isFinal(JOB_TRANSITIONS, status))
