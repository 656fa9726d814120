/** Webhooks, for admins. */
import type { HandlersOf } from '../handler.ts'
import * as webhooks from './webhooks.ts'

export const webhookHandlers: HandlersOf<'webhooks'> = {
  createWebhook: ({ identity, body }, app) => webhooks.createWebhook(app, identity.tenantId, body),
  listWebhooks: ({ identity, query }, { db }) => webhooks.listWebhooks(db, identity.tenantId, query),
  removeWebhook: ({ identity, params }, { db }) => webhooks.removeWebhook(db, identity.tenantId, params.webhook_id),
  testWebhook: ({ identity, params }, app) => webhooks.testWebhook(app, identity.tenantId, params.webhook_id),
  listWebhookDeliveries: ({ identity, params, query }, { db }) =>
    webhooks.listDeliveries(db, identity.tenantId, params.webhook_id, query),
}
