/** Records observations: the runtime of a job on a GPU type, stored once per job and tenant. */
import type { z } from 'zod'
import type { ObserveBody } from '../../contract/schemas/telemetry.ts'
import { newId } from '../../core/ids.ts'
import type { Connection } from '../store/database.ts'
import { normaliseGpuType } from './gpu-type.ts'

/** Observing the same job again changes nothing and answers with the first observation's id. */
export async function insertObservation(
  connection: Connection,
  tenantId: string,
  observation: z.output<typeof ObserveBody>,
): Promise<{ observation_id: string; created: boolean }> {
  const { job_id, job_type, gpu_type, features, actual_runtime, success, colocated_job_types } = observation
  const inserted = await connection
    .insertInto('observations')
    .values({
      observation_id: newId('obs'),
      tenant_id: tenantId,
      job_id,
      job_type,
      gpu_type: normaliseGpuType(gpu_type),
      features: JSON.stringify(features),
      actual_runtime,
      success,
      colocated_job_types: JSON.stringify(colocated_job_types),
    })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'job_id']).doNothing())
    .returning('observation_id')
    .executeTakeFirst()
  if (inserted) return { observation_id: inserted.observation_id, created: true }
  const first = await connection
    .selectFrom('observations')
    .select('observation_id')
    .where('tenant_id', '=', tenantId)
    .where('job_id', '=', job_id)
    .executeTakeFirstOrThrow()
  return { observation_id: first.observation_id, created: false }
}
