/** Runs and their evidence, for users. */
import { startBenchmark } from '../services/benchmarks.ts'
import { getEvidenceSignature } from '../services/evidence-signature.ts'
import * as runs from '../services/runs.ts'
import type { HandlersOf } from './handler.ts'

export const runHandlers: HandlersOf<'runs'> = {
  registerRun: ({ identity, body }, { db }) => runs.registerRun(db, identity.tenantId, body),
  startBenchmark: ({ identity, params, body, idempotencyKey }, app) =>
    startBenchmark(app, identity, params.cluster_id, body, idempotencyKey),
  listRuns: ({ identity, query }, { db }) => runs.listRuns(db, identity, query),
  getRun: ({ identity, params }, { db }) => runs.getRun(db, { tenantId: identity.tenantId, runId: params.run_id }),
  updateRun: ({ identity, params, body }, { db }) =>
    runs.updateRun(db, { tenantId: identity.tenantId, runId: params.run_id }, body),
  cancelRun: ({ identity, params }, { db }) =>
    runs.cancelRun(db, { tenantId: identity.tenantId, runId: params.run_id }),
  putEvidence: async ({ identity, params, body }, { db }) => {
    await runs.putEvidence(db, { tenantId: identity.tenantId, runId: params.run_id }, body)
    return undefined
  },
  getEvidence: async ({ identity, params }, { db }) => ({
    ...(await runs.getEvidence(db, { tenantId: identity.tenantId, runId: params.run_id })),
    schema: 'radix.evidence/v1',
  }),
  getEvidenceSignature: ({ identity, params }, { db, knownSigners }) =>
    getEvidenceSignature(db, { tenantId: identity.tenantId, runId: params.run_id }, knownSigners),
}
