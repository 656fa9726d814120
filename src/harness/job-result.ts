/** Extracts the result of an ended job, or the error that explains why there is none. Pure. */
import type { Job } from '../contract/schemas/job.ts'
import { ReportedResult, WorkloadResult } from '../contract/schemas/workload.ts'
import { RadixError } from '../errors/radix-error.ts'
import { isErrorCode } from '../errors/render.ts'
import { ERRORS, type ErrorCode } from '../errors/table.ts'

/**
 * The result of a job that succeeded, or the metrics of an earlier agent. Throws the job's own error for a job that did
 * not succeed, `JOB_RESULT_INVALID` for garbage.
 */
export function checkJob(job: Job): WorkloadResult | ReportedResult {
  const { job_id, status } = job
  const message = job.error_message ?? 'it gave no reason'
  if (status === 'lost') throw new RadixError('JOB_LOST', { job_id, message })
  if (status !== 'succeeded') throw workloadError(job, message)
  const parsed = WorkloadResult.safeParse(job.output_payload)
  if (parsed.success) return parsed.data
  const reported = reportedOf(job)
  if (reported) return reported
  const issue = parsed.error.issues[0]
  throw new RadixError('JOB_RESULT_INVALID', {
    job_id,
    message: `${issue?.path.join('.') || 'result'}: ${issue?.message}`,
  })
}

/** The result if there is a usable one. */
export function resultOf(job: Job): WorkloadResult | null {
  if (job.status !== 'succeeded') return null
  return WorkloadResult.safeParse(job.output_payload).data ?? null
}

/**
 * The metrics of an earlier agent, which sends no result document. A document that names its schema but does not fit it
 * is garbage, whatever metrics came with it.
 */
export function reportedOf(job: Job): ReportedResult | null {
  if (job.status !== 'succeeded' || job.output_payload?.schema !== undefined) return null
  return ReportedResult.safeParse(job.metrics).data ?? null
}

/** A code that the workload or the agent named, in the words of the table; `JOB_FAILED` for any other. */
function workloadError(job: Job, message: string): RadixError {
  const failed = new RadixError('JOB_FAILED', {
    job_id: job.job_id,
    cluster_id: job.cluster_id,
    status: job.status,
    message,
  })
  if (!isErrorCode(job.error_code) || !isJobCode(job.error_code)) return failed
  const words = { why: `${message} (job ${job.job_id})`, fix: ERRORS[job.error_code].fix }
  // The workload has the values of the templates, so its words replace the table's.
  return new RadixError(job.error_code, {} as never, { words, cause: failed })
}

/** Errors that the agent itself reports of a job. */
const AGENT_CODES: ReadonlySet<ErrorCode> = new Set([
  'JOB_KIND_UNKNOWN',
  'JOB_PARAMS_INVALID',
  'JOB_RESULT_INVALID',
  'PYTORCH_NOT_FOUND',
])

function isJobCode(code: ErrorCode): boolean {
  return code.startsWith('WORKLOAD_') || code.startsWith('CONTAINER_') || AGENT_CODES.has(code)
}
