/** Scores a request: reads the observations, runs the model, ranks. */
import type { z } from 'zod'
import type { ScoreBody, ScoredCandidate } from '../../contract/schemas/telemetry.ts'
import type { App } from '../app.ts'
import { normaliseGpuType } from './gpu-type.ts'
import { priceOf as examplePriceOf, type PriceOf } from './prices.ts'
import { rankCandidates } from './rank.ts'
import { readObservations } from './read-observations.ts'

/** Uses the tenant's own observations only. The same observations always give the same answer. Throws `UNAVAILABLE`. */
export async function scoreCandidates(
  { db, scoring }: Pick<App, 'db' | 'scoring'>,
  tenantId: string,
  body: z.output<typeof ScoreBody>,
  priceOf: PriceOf = examplePriceOf,
): Promise<{ candidates: ScoredCandidate[] }> {
  const candidates = body.candidate_gpu_types.map((name) => ({ name, gpuType: normaliseGpuType(name) }))
  const gpuTypes = [...new Set(candidates.map(({ gpuType }) => gpuType))]
  const { own, pool } = await readObservations(db, tenantId, body.job_type, gpuTypes)
  const asked = { features: body.features, colocatedJobTypes: body.colocated_job_types }
  return {
    candidates: await scoring.run((pause) => rankCandidates(asked, candidates, own, pool, priceOf, pause)),
  }
}
