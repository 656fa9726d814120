/** What the steps of a run say of it. Pure. */
import type { Run, RunStep } from '../../../../src/contract/schemas/run.ts'

/** The first that failed: what came after it only cleaned up. */
export function findFailedStep(steps: readonly RunStep[]): RunStep | undefined {
  return steps.find(({ status }) => status === 'failed')
}

/** How a step stands, for people. `runStatus` is null while the run goes on. */
export function describeStep({ status }: Pick<RunStep, 'status'>, runStatus: Run['status'] | null): string {
  if (status === 'undone') return 'cleaned up'
  if (runStatus === null) return status
  // The last step ends the run, and nothing is reported after that.
  if (status === 'running') return runStatus === 'succeeded' ? 'succeeded' : 'ended'
  return status === 'pending' ? 'not reached' : status
}

/** Which colour its bar has. */
export function toneOf({ status }: Pick<RunStep, 'status'>, runStatus: Run['status'] | null): RunStep['status'] {
  if (runStatus === null || status !== 'running') return status
  return runStatus === 'succeeded' ? 'succeeded' : 'undone'
}
