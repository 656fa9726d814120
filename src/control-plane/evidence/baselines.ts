/** Stores, replaces and reads baselines by name. */
import { sql } from 'kysely'
import type { Baseline, StoredBaseline } from '../../contract/schemas/baseline.ts'
import { toStorableJson } from '../../core/storable.ts'
import { notFound } from '../../errors/not-found.ts'
import type { Database } from '../store/database.ts'
import { type PageRequest, pageOf, toPage } from '../store/pagination.ts'
import { toIso } from '../store/wire.ts'

const COLUMNS = ['name', 'document', 'created_at', 'set_at'] as const

interface BaselineRow {
  name: string
  document: Baseline
  created_at: Date
  set_at: Date
}

/** One of that name is replaced; `created_at` stays that of the first. */
export async function putBaseline(
  db: Database,
  tenantId: string,
  name: string,
  baseline: Baseline,
): Promise<StoredBaseline> {
  const document = toStorableJson(baseline)
  const row = await db
    .insertInto('baselines')
    .values({ tenant_id: tenantId, name, document })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'name']).doUpdateSet({ document, set_at: sql`now()` }))
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
  return toStoredBaseline(row)
}

export async function listBaselines(db: Database, tenantId: string, page: PageRequest) {
  const query = db.selectFrom('baselines').select(COLUMNS).where('tenant_id', '=', tenantId)
  const rows = await pageOf(query, 'baselines', 'name', page).execute()
  return toPage(rows, page, (row) => row.name, toStoredBaseline)
}

export async function getBaseline(db: Database, tenantId: string, name: string): Promise<StoredBaseline> {
  const row = await db
    .selectFrom('baselines')
    .select(COLUMNS)
    .where('tenant_id', '=', tenantId)
    .where('name', '=', name)
    .executeTakeFirst()
  if (!row) throw notFound('baseline', name)
  return toStoredBaseline(row)
}

function toStoredBaseline({ document, name, created_at, set_at }: BaselineRow): StoredBaseline {
  return { ...document, name, created_at: toIso(created_at), set_at: toIso(set_at) }
}
