/** Clusters and their onboarding tokens, for users. */

import type { HandlersOf } from '../handler.ts'
import * as clusters from './clusters.ts'
import * as onboarding from './onboarding.ts'

const DEFAULT_TOKEN_TTL_SECONDS = 3600

export const clusterHandlers: HandlersOf<'clusters'> = {
  createCluster: ({ identity, body, idempotencyKey }, app) =>
    clusters.createCluster(app, identity, body, idempotencyKey),
  listClusters: ({ identity, query }, { db }) => clusters.listClusters(db, identity, query),
  getCluster: ({ identity, params }, { db }) => clusters.getCluster(db, identity.tenantId, params.cluster_id),
  archiveCluster: ({ identity, params }, app) => clusters.archiveCluster(app, identity.tenantId, params.cluster_id),
  createOnboardingToken: ({ identity, params, body }, { db }) =>
    onboarding.createOnboardingToken(
      db,
      identity.tenantId,
      params.cluster_id,
      body?.ttl_seconds ?? DEFAULT_TOKEN_TTL_SECONDS,
    ),
  revokeOnboardingTokens: async ({ identity, params }, { db }) => {
    await onboarding.revokeOnboardingTokens(db, identity.tenantId, params.cluster_id)
    return undefined
  },
}
