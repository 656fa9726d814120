/**
 * Records an ended benchmark as an observation, in the transaction that completes its job. This module decides what is
 * recorded and under which GPU type; `observe.ts` stores it.
 */
import { z } from 'zod'
import type { Job } from '../../contract/schemas/job.ts'
import { JOB_PARAMS, WorkloadResult } from '../../contract/schemas/workload.ts'
import { workloadOf } from '../../workloads/index.ts'
import type { Connection } from '../store/database.ts'
import type { FeatureValue } from './design.ts'
import { insertObservation } from './observe.ts'

/** Failures that say something about the request or the installation and nothing about the GPU type. */
const FAILURES_NOT_OF_THE_GPU = new Set([
  'WORKLOAD_USAGE',
  'WORKLOAD_NO_GPU',
  'WORKLOAD_NO_PYTORCH',
  'WORKLOAD_UNSUPPORTED',
  'WORKLOAD_CANCELLED',
  'PYTORCH_NOT_FOUND',
  'JOB_KIND_UNKNOWN',
  'JOB_PARAMS_INVALID',
])

const ReportedGpus = z.object({ gpus: z.array(z.looseObject({ name: z.string().trim().min(1).max(100) })).min(1) })

/**
 * Records `job` where it ran on a GPU and its end says something about that GPU; else does nothing. Numbers of a CPU only
 * prove the flow: they are not recorded at all. Jobs that were cancelled or lost have no runtime.
 */
export async function recordJobObservation(connection: Connection, job: Job): Promise<void> {
  if (job.status !== 'succeeded' && job.status !== 'failed') return
  if (job.status === 'failed' && FAILURES_NOT_OF_THE_GPU.has(job.error_code ?? '')) return
  const result = WorkloadResult.safeParse(job.output_payload).data
  const runtimeSeconds = result?.duration_seconds ?? job.metrics?.duration_seconds ?? elapsedSeconds(job)
  const gpuType = result ? gpuOfResult(result) : await gpuOfCluster(connection, job)
  if (!gpuType || !runtimeSeconds || !(runtimeSeconds > 0)) return
  await insertObservation(connection, job.tenant_id, {
    job_id: job.job_id,
    job_type: job.job_kind,
    gpu_type: gpuType,
    features: featuresOf(job),
    actual_runtime: runtimeSeconds,
    success: job.status === 'succeeded',
    colocated_job_types: [],
  })
}

function gpuOfResult({ device }: WorkloadResult): string | undefined {
  return device.type === 'cuda' ? device.name.trim() || undefined : undefined
}

/**
 * For a job without a usable result (it failed, or an earlier agent ran it): the GPU type that the agent reported, where
 * there is just one, and unless the job was free to run on the CPU instead.
 */
async function gpuOfCluster(connection: Connection, job: Job): Promise<string | undefined> {
  if (job.params.allow_cpu === true) return undefined
  const cluster = await connection
    .selectFrom('clusters')
    .select('capabilities')
    .where('cluster_id', '=', job.cluster_id)
    .executeTakeFirst()
  const names = new Set(ReportedGpus.safeParse(cluster?.capabilities).data?.gpus.map(({ name }) => name))
  return names.size === 1 ? names.values().next().value : undefined
}

/** The factors of the runtime, from the request: they are known before a job runs, so scoring can use them. */
function featuresOf(job: Job): Record<string, FeatureValue> {
  const params = JOB_PARAMS[job.job_kind].safeParse(job.params).data
  return params ? workloadOf(job.job_kind).features(params) : {}
}

function elapsedSeconds({ started_at, finished_at }: Job): number | undefined {
  if (!started_at || !finished_at) return undefined
  return (Date.parse(finished_at) - Date.parse(started_at)) / 1000
}
