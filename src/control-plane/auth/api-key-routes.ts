/** Telemetry API keys, for users. */

import type { HandlersOf } from '../handler.ts'
import * as apiKeys from './api-keys.ts'

export const apiKeyHandlers: HandlersOf<'api-keys'> = {
  createApiKey: ({ identity, body }, { db }) => apiKeys.createApiKey(db, identity.tenantId, body),
  listApiKeys: ({ identity, query }, { db }) => apiKeys.listApiKeys(db, identity.tenantId, query),
  revokeApiKey: ({ identity, params }, { db }) => apiKeys.revokeApiKey(db, identity.tenantId, params.api_key_id),
}
