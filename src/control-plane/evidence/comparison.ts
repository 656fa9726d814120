/** Compares runs side by side, by their stored evidence. */
import type { Comparison } from '../../contract/schemas/comparison.ts'
import type { Evidence } from '../../contract/schemas/evidence.ts'
import { endSentence } from '../../core/format.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { compareRuns } from '../../evidence/compare/compare.ts'
import { parseEvidence } from '../../evidence/parse-evidence.ts'
import { verifyEvidence } from '../../evidence/signature/verify.ts'
import type { Database } from '../store/database.ts'
import { getEvidence } from './evidence.ts'

/**
 * In this order, the first one against all others. Throws `NOT_FOUND`, `EVIDENCE_INVALID` (also for changed evidence)
 * or `COMPARISON_REFUSED`.
 */
export async function compareStoredRuns(
  db: Database,
  tenantId: string,
  runIds: readonly string[],
): Promise<Comparison> {
  return compareRuns(await Promise.all(runIds.map((runId) => readEvidence(db, tenantId, runId))))
}

/** Evidence that was changed where it is stored is used for nothing. Throws `NOT_FOUND` or `EVIDENCE_INVALID`. */
export async function readEvidence(db: Database, tenantId: string, runId: string): Promise<Evidence> {
  const document = await getEvidence(db, { tenantId, runId })
  const { state, reason } = verifyEvidence(document, runId)
  if (state === 'changed' || state === 'unreadable') {
    throw new RadixError('EVIDENCE_INVALID', { path: placeOf(runId), reason: endSentence(reason) })
  }
  return parseEvidence(document, placeOf(runId))
}

function placeOf(runId: string): string {
  return `evidence of ${runId}`
}
