/**
 * Runs the trials one after the other, each as a separate job, and follows each one live. The first failure ends the
 * run. After a crash, a trial continues: the journal recorded its idempotency key before the launch.
 */

import type { Job, JobSummary } from '../../contract/schemas/job.ts'
import type { ReportedResult, WorkloadResult } from '../../contract/schemas/workload.ts'
import { formatRate } from '../../core/format.ts'
import { API_LIMITS } from '../../core/limits/api.ts'
import { HARNESS_LIMITS } from '../../core/limits/harness.ts'
import { isFinal, JOB_TRANSITIONS } from '../../core/transitions.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { jobKindOf } from '../../workloads/index.ts'
import { checkJob, resultOf } from '../job-result.ts'
import type { TrialRecord } from '../journal/entry.ts'
import { done, type StepContext, type StepResult } from '../step.ts'
import { isGone, pollUntil } from '../wait.ts'
import { awaitJob } from './await-job.ts'
import { findReclaim } from './await-machine.ts'
import { clusterIdOf } from './create-onboarding-token.ts'

/** The engine ends a run at its deadline; the agent's own limit for the job is later. */
const GRACE_SECONDS = HARNESS_LIMITS.jobTimeoutGrace.value / 1000

export async function runTrials(context: StepContext): Promise<StepResult> {
  const { trials } = context.config
  const throughputs: string[] = []
  for (let trial = 1; trial <= trials; trial++) {
    const result = await runTrial(context, trial)
    throughputs.push(formatRate(result.throughput))
  }
  return done(throughputs.join(', '))
}

async function runTrial(context: StepContext, trial: number): Promise<WorkloadResult | ReportedResult> {
  const { trials } = context.config
  const record = trialRecord(context, trial) ?? {
    trial,
    key: `${context.runId}-trial-${trial}`,
    jobId: null,
    status: null,
  }
  if (!record.jobId) recordTrial(context, record)
  const launched = await launchJob(context, record.key)
  recordTrial(context, { ...record, jobId: launched.job_id, status: launched.status })
  context.emit({ type: 'trial-started', trial, trials, jobId: launched.job_id })
  const job = await awaitJob(context, launched, (progress) =>
    context.emit({ type: 'trial-progress', trial, trials, progress }),
  )
  recordTrial(context, { ...record, jobId: job.job_id, status: job.status })
  try {
    const result = checkJob(job)
    context.emit({ type: 'trial-finished', trial, trials, result, error: null })
    return result
  } catch (error) {
    // An agent whose machine is taken away reports that its job was stopped.
    const cause = (await findReclaim(context)) ?? error
    const message = cause instanceof Error ? cause.message : String(cause)
    context.emit({ type: 'trial-finished', trial, trials, result: resultOf(job), error: message })
    throw cause
  }
}

/** The same body each time, so the key returns the same job. */
function launchJob(context: StepContext, key: string): Promise<Job> {
  return context.call('launchJob', {
    params: { cluster_id: clusterIdOf(context) },
    body: {
      job_kind: jobKindOf(context.config.workload),
      params: context.config.params,
      timeout_seconds: Math.min(
        Math.ceil(context.config.ttlMinutes * 60) + GRACE_SECONDS,
        API_LIMITS.jobTimeout.value / 1000,
      ),
      run_id: context.runId,
    },
    idempotencyKey: key,
  })
}

/**
 * Cancels every unfinished job of the run. If the machine stays (provider `existing`), it waits until they have ended.
 */
export async function cancelJobs(context: StepContext): Promise<void> {
  const { clusterId } = context.facts
  if (!clusterId) return
  const { clock, signal } = context
  try {
    const unfinished = await listUnfinishedJobs(context, clusterId)
    for (const job of unfinished) {
      await context.call('cancelJob', { params: { cluster_id: clusterId, job_id: job.job_id } })
    }
    if (unfinished.length === 0 || context.provider.launchesMachines) return
    await pollUntil(async () => ((await listUnfinishedJobs(context, clusterId)).length === 0 ? true : undefined), {
      clock,
      signal,
    })
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

export function jobNotCompletedInTime(context: StepContext): Error {
  const trials = context.facts.trials ?? []
  const current = trials.find((trial) => trial.status === null || !isFinal(JOB_TRANSITIONS, trial.status))
  return new RadixError('JOB_NOT_COMPLETED_IN_TIME', {
    ttl_minutes: context.config.ttlMinutes,
    job_id: current?.jobId ?? 'of the next trial',
    status: current?.status ?? 'not launched',
  })
}

/** By the run's id, so that a job whose launch was never answered is included. */
async function listUnfinishedJobs(context: StepContext, clusterId: string): Promise<JobSummary[]> {
  const page = await context.call('listJobs', {
    params: { cluster_id: clusterId },
    query: { run_id: context.runId, limit: 200 },
  })
  return page.items.filter((job) => !isFinal(JOB_TRANSITIONS, job.status))
}

function trialRecord(context: StepContext, trial: number): TrialRecord | undefined {
  return context.facts.trials?.find((record) => record.trial === trial)
}

function recordTrial(context: StepContext, record: TrialRecord): void {
  const others = (context.facts.trials ?? []).filter((other) => other.trial !== record.trial)
  context.record({ trials: [...others, record].sort((a, b) => a.trial - b.trial) })
}
