/** Baselines of throughput, for users. */

import type { HandlersOf } from '../handler.ts'
import * as baselines from './baselines.ts'

export const baselineHandlers: HandlersOf<'baselines'> = {
  putBaseline: ({ identity, params, body }, { db }) => baselines.putBaseline(db, identity.tenantId, params.name, body),
  listBaselines: ({ identity, query }, { db }) => baselines.listBaselines(db, identity.tenantId, query),
  getBaseline: ({ identity, params }, { db }) => baselines.getBaseline(db, identity.tenantId, params.name),
}
