/** What throughput is measured against, for users. */
import * as baselines from '../services/baselines.ts'
import type { HandlersOf } from './handler.ts'

export const baselineHandlers: HandlersOf<'baselines'> = {
  putBaseline: ({ identity, params, body }, { db }) => baselines.putBaseline(db, identity.tenantId, params.name, body),
  listBaselines: ({ identity, query }, { db }) => baselines.listBaselines(db, identity.tenantId, query),
  getBaseline: ({ identity, params }, { db }) => baselines.getBaseline(db, identity.tenantId, params.name),
}
