/** Runs side by side, by the evidence that is stored of them. */
import type { Comparison } from '../../contract/schemas/comparison.ts'
import { compareRuns } from '../../evidence/compare/compare.ts'
import { parseEvidence } from '../../evidence/parse-evidence.ts'
import type { Evidence } from '../../evidence/schema.ts'
import type { Database } from '../store/database.ts'
import { getEvidence } from './runs.ts'

/** In this order, the first one against all others. Throws `NOT_FOUND`, `EVIDENCE_INVALID` or `COMPARISON_REFUSED`. */
export async function compareStoredRuns(
  db: Database,
  tenantId: string,
  runIds: readonly string[],
): Promise<Comparison> {
  return compareRuns(await Promise.all(runIds.map((runId) => readEvidence(db, tenantId, runId))))
}

export async function readEvidence(db: Database, tenantId: string, runId: string): Promise<Evidence> {
  return parseEvidence(await getEvidence(db, { tenantId, runId }), `evidence of ${runId}`)
}
