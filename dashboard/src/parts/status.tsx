/** Where a thing stands: a word, with a colour that only repeats it. */
import type { ClusterStatus, JobStatus, RunStatus } from '../../../src/core/transitions.ts'

type Tone = 'good' | 'busy' | 'idle' | 'bad'

const TONES: Record<ClusterStatus | JobStatus | RunStatus | 'valid' | 'suspect' | 'invalid', Tone> = {
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
  valid: 'good',
  suspect: 'busy',
  invalid: 'bad',
}

export function Status({ status }: { status: keyof typeof TONES }) {
  return <span className={`status ${TONES[status]}`}>{status.replaceAll('_', ' ')}</span>
}
