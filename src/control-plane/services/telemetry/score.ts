/** Ranking GPU types for a job: observations in, scored candidates out. The mathematics is in `model.ts`. */
import type { z } from 'zod'
import type { ScoreBody, ScoredCandidate } from '../../../contract/schemas/telemetry.ts'
import type { Database } from '../../store/database.ts'
export async function scoreCandidates(
  _db: Database,
  _tenantId: string,
  _body: z.output<typeof ScoreBody>,
): Promise<{ candidates: ScoredCandidate[] }> {
  throw new Error('to be written')
}
