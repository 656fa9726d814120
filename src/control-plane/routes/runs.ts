/** Runs and their evidence, for users. */
import { EVIDENCE_SCHEMA } from '../../contract/schemas/evidence.ts'
import { renderEvidenceMarkdown } from '../../evidence/render-markdown.ts'
import { startBenchmark } from '../services/benchmarks.ts'
import { compareStoredRuns, readEvidence } from '../services/comparison.ts'
import { getEvidence, putEvidence } from '../services/evidence.ts'
import { getEvidenceSignature } from '../services/evidence-signature.ts'
import { readTrends } from '../services/measurements.ts'
import * as runs from '../services/runs.ts'
import type { HandlersOf } from './handler.ts'

export const runHandlers: HandlersOf<'runs'> = {
  registerRun: ({ identity, body }, app) => runs.registerRun(app, identity.tenantId, body),
  startBenchmark: ({ identity, params, body, idempotencyKey }, app) =>
    startBenchmark(app, identity, params.cluster_id, body, idempotencyKey),
  listRuns: ({ identity, query }, { db }) => runs.listRuns(db, identity, query),
  getRun: ({ identity, params }, { db }) => runs.getRun(db, { tenantId: identity.tenantId, runId: params.run_id }),
  updateRun: ({ identity, params, body }, app) =>
    runs.updateRun(app, { tenantId: identity.tenantId, runId: params.run_id }, body),
  cancelRun: ({ identity, params }, app) => runs.cancelRun(app, { tenantId: identity.tenantId, runId: params.run_id }),
  putEvidence: async ({ identity, params, body }, app) => {
    await putEvidence(app, { tenantId: identity.tenantId, runId: params.run_id }, body)
    return undefined
  },
  getEvidence: async ({ identity, params }, { db }) => ({
    ...(await getEvidence(db, { tenantId: identity.tenantId, runId: params.run_id })),
    schema: EVIDENCE_SCHEMA,
  }),
  getReport: async ({ identity, params }, { db }) => ({
    markdown: renderEvidenceMarkdown(await readEvidence(db, identity.tenantId, params.run_id)),
  }),
  compareRuns: ({ identity, query }, { db }) => compareStoredRuns(db, identity.tenantId, query.run_ids),
  getTrends: async ({ identity, query }, { db }) => ({ items: await readTrends(db, identity.tenantId, query) }),
  getEvidenceSignature: ({ identity, params }, { db, knownSigners }) =>
    getEvidenceSignature(db, { tenantId: identity.tenantId, runId: params.run_id }, knownSigners),
}
