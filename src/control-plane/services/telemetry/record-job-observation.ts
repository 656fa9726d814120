/** A finished benchmark is an observation, recorded in the transaction that completes its job. */
import { z } from 'zod'
import type { Job } from '../../../contract/schemas/job.ts'
import { WorkloadResult } from '../../../contract/schemas/workload.ts'
import type { Connection } from '../../store/database.ts'
import { normaliseGpuType } from './gpu-type.ts'
import { insertObservation } from './observe.ts'

const Feature = z.union([z.number(), z.string().max(200), z.boolean()])

/**
 * Only results of a GPU are recorded: CPU numbers prove the flow and nothing else. A failure is recorded when the GPU
 * it failed on is known from the result.
 */
export async function recordJobObservation(connection: Connection, job: Job): Promise<void> {
  const result = WorkloadResult.safeParse(job.output_payload)
  if (job.status !== 'succeeded' || !result.success || result.data.device.type !== 'cuda') return
  const { device, duration_seconds, timed_images, recipe } = result.data
  const { batch_size, image_size } = job.params
  const features = Object.entries({ images: timed_images, batch_size, image_size, recipe }).filter(
    ([, value]) => Feature.safeParse(value).success,
  )
  await insertObservation(connection, job.tenant_id, {
    job_id: job.job_id,
    job_type: job.job_kind,
    gpu_type: normaliseGpuType(device.name),
    features: Object.fromEntries(features) as Record<string, number | string | boolean>,
    actual_runtime: duration_seconds,
    success: true,
    colocated_job_types: [],
  })
}
