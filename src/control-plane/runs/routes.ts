/** Runs, for users. */
import type { Handlers } from '../handler.ts'
import { startBenchmark } from './benchmarks.ts'
import * as runs from './runs.ts'

type Name = 'registerRun' | 'startBenchmark' | 'listRuns' | 'getRun' | 'updateRun' | 'cancelRun'

export const runHandlers: Pick<Handlers, Name> = {
  registerRun: ({ identity, body }, app) => runs.registerRun(app, identity.tenantId, body),
  startBenchmark: ({ identity, params, body, idempotencyKey }, app) =>
    startBenchmark(app, identity, params.cluster_id, body, idempotencyKey),
  listRuns: ({ identity, query }, { db }) => runs.listRuns(db, identity, query),
  getRun: ({ identity, params }, { db }) => runs.getRun(db, { tenantId: identity.tenantId, runId: params.run_id }),
  updateRun: ({ identity, params, body }, app) =>
    runs.updateRun(app, { tenantId: identity.tenantId, runId: params.run_id }, body),
  cancelRun: ({ identity, params }, app) => runs.cancelRun(app, { tenantId: identity.tenantId, runId: params.run_id }),
}
