/** Runs side by side, by the evidence that is stored of them. */
import type { Comparison } from '../../contract/schemas/comparison.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { compareRuns } from '../../evidence/compare/compare.ts'
import { Evidence } from '../../evidence/schema.ts'
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
  const parsed = Evidence.safeParse(await getEvidence(db, { tenantId, runId }))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const reason = `${issue?.path.join('.') || 'the document'}: ${issue?.message}.`
  throw new RadixError('EVIDENCE_INVALID', { path: `evidence of ${runId}`, reason }, { cause: parsed.error })
}
