/** The tables of API keys and observations as Kysely sees them. */
import type { ColumnType } from 'kysely'
import type { ApiKeyRole } from '../../contract/roles.ts'
import type { CreatedAt, Json } from './tables.ts'

export interface ApiKeyTable {
  api_key_id: string
  tenant_id: string
  name: string
  prefix: string
  role: ColumnType<ApiKeyRole, ApiKeyRole | undefined, never>
  key_hash: Buffer
  created_at: CreatedAt
  last_used_at: Date | null
  revoked_at: Date | null
}

export interface ObservationTable {
  observation_id: string
  tenant_id: string
  job_id: string
  job_type: string
  gpu_type: string
  features: Json<Record<string, number | string | boolean>>
  /** Seconds. */
  actual_runtime: number
  success: boolean
  colocated_job_types: Json<string[]>
  created_at: CreatedAt
}
