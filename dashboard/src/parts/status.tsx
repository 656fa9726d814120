/** Where a thing stands: a word, with a colour that only repeats it. */
import type { STEP_STATUSES } from '../../../src/contract/schemas/run.ts'
import type { ClusterStatus, JobStatus, MachineState, RunStatus } from '../../../src/core/transitions.ts'

type Tone = 'good' | 'busy' | 'idle' | 'bad'
type StepStatus = (typeof STEP_STATUSES)[number]
type AnyStatus = ClusterStatus | JobStatus | RunStatus | StepStatus | MachineState

const TONES: Record<AnyStatus | 'valid' | 'suspect' | 'invalid', Tone> = {
  pending: 'busy',
  active: 'good',
  unreachable: 'bad',
  archived: 'idle',
  queued: 'idle',
  leased: 'busy',
  running: 'busy',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'idle',
  lost: 'bad',
  registered: 'busy',
  termination_unconfirmed: 'bad',
  skipped: 'idle',
  undone: 'idle',
  terminating: 'busy',
  terminated: 'idle',
  valid: 'good',
  suspect: 'busy',
  invalid: 'bad',
}

export function Status({ status }: { status: keyof typeof TONES }) {
  return <span className={`status ${TONES[status]}`}>{status.replaceAll('_', ' ')}</span>
}
