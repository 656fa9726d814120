/** The evidence of runs and the data derived from it, for users. */
import { EVIDENCE_SCHEMA } from '../../contract/schemas/evidence.ts'
import { renderEvidenceMarkdown } from '../../evidence/render-markdown.ts'
import type { Handlers } from '../handler.ts'
import { compareStoredRuns, readEvidence } from './comparison.ts'
import { getEvidence, putEvidence } from './evidence.ts'
import { getEvidenceSignature } from './evidence-signature.ts'
import { readTrends } from './measurements.ts'

type Name = 'putEvidence' | 'getEvidence' | 'getReport' | 'compareRuns' | 'getTrends' | 'getEvidenceSignature'

export const evidenceHandlers: Pick<Handlers, Name> = {
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
