/** The scope of a run's token: its run, the clusters that it created, and the jobs of its assigned cluster. */
import { z } from 'zod'
import type { Route } from '../../contract/route.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { Database } from '../store/database.ts'
import type { Identity } from './identity.ts'

/** Where a request names a run or a cluster. */
const Named = z.looseObject({ run_id: z.string().nullish(), cluster_id: z.string().nullish() })

/** Any other identity passes. Throws `AUTH_OUT_OF_SCOPE`. */
export async function requireRunScope(
  db: Database,
  identity: Identity,
  route: Route,
  { params, body }: { params: unknown; body: unknown },
): Promise<void> {
  if (identity.kind !== 'user' || identity.runId === null) return
  const { runId, tenantId, clusterId: used } = identity
  const refused = new RadixError('AUTH_OUT_OF_SCOPE', { run_id: runId })
  if (!route.takesRunTokens) throw refused
  const [inPath, inBody] = [Named.parse(params ?? {}), Named.parse(body ?? {})]
  for (const named of [inPath.run_id, inBody.run_id]) if (named && named !== runId) throw refused
  for (const clusterId of [inPath.cluster_id, inBody.cluster_id]) {
    const mayUse = clusterId === used && (route.tag !== 'clusters' || route.method === 'GET')
    if (clusterId && !mayUse && !(await createdByRun(db, { tenantId, runId, clusterId }))) throw refused
  }
}

async function createdByRun(
  db: Database,
  { tenantId, runId, clusterId }: { tenantId: string; runId: string; clusterId: string },
): Promise<boolean> {
  const found = await db
    .selectFrom('clusters')
    .select('cluster_id')
    .where('cluster_id', '=', clusterId)
    .where('tenant_id', '=', tenantId)
    .where('run_id', '=', runId)
    .executeTakeFirst()
  return found !== undefined
}
