/** Reads the observations for a score: limited in number, newest first. */
import { type RawBuilder, sql } from 'kysely'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import type { Database } from '../store/database.ts'
import type { Features } from './design.ts'
import type { Observation } from './model.ts'

interface Row {
  gpu_type: string
  features: Features
  actual_runtime: number
  success: boolean
  colocated_job_types: string[]
}

export interface ScoreObservations {
  /** By GPU type; a type that was never observed is absent. */
  own: Map<string, Observation[]>
  /** The newest of the job type on any GPU type, whether it is a candidate or not. */
  pool: Observation[]
}

export async function readObservations(
  db: Database,
  tenantId: string,
  jobType: string,
  gpuTypes: readonly string[],
): Promise<ScoreObservations> {
  const own = await read(
    db,
    sql<Row>`
      select ${COLUMNS} from unnest(${gpuTypes}::text[]) as candidate(gpu_type)
      cross join lateral (
        select * from observations
        where tenant_id = ${tenantId} and job_type = ${jobType} and gpu_type = candidate.gpu_type
        order by created_at desc, observation_id desc limit ${ownLimit(gpuTypes.length)}
      ) as observed`,
  )
  const pool = await read(
    db,
    sql<Row>`
      select ${COLUMNS} from observations as observed
      where tenant_id = ${tenantId} and job_type = ${jobType}
      order by created_at desc, observation_id desc limit ${CONTROL_PLANE_LIMITS.pooledObservations.value}`,
  )
  return { own: Map.groupBy(own, ({ gpuType }) => gpuType), pool }
}

/** Many candidates share the read limit of one request. */
export function ownLimit(gpuTypeCount: number): number {
  const { observationsPerGpuType, observationsPerScore } = CONTROL_PLANE_LIMITS
  return Math.min(observationsPerGpuType.value, Math.floor(observationsPerScore.value / gpuTypeCount))
}

const COLUMNS = sql`observed.gpu_type, observed.features, observed.actual_runtime, observed.success,
  observed.colocated_job_types`

async function read(db: Database, query: RawBuilder<Row>): Promise<Observation[]> {
  const { rows } = await query.execute(db)
  return rows.map((row) => ({
    gpuType: row.gpu_type,
    features: row.features,
    runtime: row.actual_runtime,
    success: row.success,
    colocatedJobTypes: row.colocated_job_types,
  }))
}
