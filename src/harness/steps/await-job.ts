/** Waits for a job to end, and watches its machine meanwhile: a job whose machine has ended will not end by itself. */

import type { Job } from '../../contract/schemas/job.ts'
import type { WorkloadProgress } from '../../contract/schemas/workload.ts'
import { INTERVALS } from '../../core/limits/intervals.ts'
import { isFinal, JOB_TRANSITIONS } from '../../core/transitions.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { followJob } from '../follow-job.ts'
import type { StepContext } from '../step.ts'
import { lookAtMachine } from './await-machine.ts'

/** Providers have no events to wait for. */
const MACHINE_WATCH_MS = INTERVALS.machineWatch.value

/**
 * Answers with the job in its final state. Throws `JOB_LOST` or
 * `MACHINE_RECLAIMED` when its machine ended without a result.
 */
export async function awaitJob(
  context: StepContext,
  launched: Job,
  onProgress: (progress: WorkloadProgress) => void,
): Promise<Job> {
  if (isFinal(JOB_TRANSITIONS, launched.status)) return launched
  const { client, clock } = context
  const over = new AbortController()
  const signal = AbortSignal.any([context.signal, over.signal])
  const following = followJob(launched.cluster_id, launched.job_id, { client, clock, signal, onProgress })
  try {
    return await Promise.race([following, watchMachine(context, launched, signal)])
  } finally {
    over.abort(new Error('the job is no longer followed'))
    await following.catch(() => {})
  }
}

/** Answers only when the machine has ended, with the job if its result arrived nevertheless. */
async function watchMachine(context: StepContext, job: Job, signal: AbortSignal): Promise<Job> {
  const machineId = context.facts.machine?.machineId
  if (!machineId) return new Promise((_, reject) => rejectOnAbort(signal, reject))
  for (;;) {
    await context.clock.sleep(MACHINE_WATCH_MS, signal)
    try {
      await lookAtMachine(context, machineId)
    } catch (error) {
      const params = { cluster_id: job.cluster_id, job_id: job.job_id }
      const latest = await context.call('getJob', { params }).catch(() => job)
      if (isFinal(JOB_TRANSITIONS, latest.status)) return latest
      if (!isRadixError(error) || error.code === 'MACHINE_RECLAIMED') throw error
      const { details } = error
      throw new RadixError('JOB_LOST', { job_id: job.job_id, message: error.why }, { cause: error, details })
    }
  }
}

function rejectOnAbort(signal: AbortSignal, reject: (reason: unknown) => void): void {
  if (signal.aborted) reject(signal.reason)
  else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
}
