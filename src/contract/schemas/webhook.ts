/** Webhooks: what they tell, and how their deliveries went. */
import { z } from 'zod'
import { Timestamp } from './common.ts'

export const WEBHOOK_EVENTS = ['regression.found', 'machine.overdue', 'reaper.silent'] as const
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number]
export const TEST_EVENT = 'webhook.test'

/** `standard`: JSON as in Standard Webhooks; `slack`: a message for an incoming webhook of Slack, or of what takes the same. */
export const WEBHOOK_FORMATS = ['standard', 'slack'] as const
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number]

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const

const Format = z.enum(WEBHOOK_FORMATS)

export const CreateWebhookBody = z.object({
  url: z.url().max(2000).describe('https, and a public address unless the operator allows others'),
  events: z
    .array(z.enum(WEBHOOK_EVENTS))
    .min(1)
    .max(WEBHOOK_EVENTS.length)
    .default([...WEBHOOK_EVENTS]),
  format: Format.default('standard'),
})

export const Webhook = z
  .object({
    webhook_id: z.string(),
    url: z.string().describe('without its path, which is a secret at Slack'),
    events: z.array(z.string()),
    format: Format,
    created_at: Timestamp,
    pending: z.number().int().describe('deliveries that are not made yet'),
    last_delivery: z
      .object({ status: z.enum(DELIVERY_STATUSES), at: Timestamp, error: z.string().nullable() })
      .nullable()
      .describe('the newest that was tried'),
  })
  .meta({ id: 'Webhook' })
export type Webhook = z.infer<typeof Webhook>

export const CreatedWebhook = z.object({
  webhook_id: z.string(),
  secret: z.string().describe('signs the deliveries; shown once'),
})

export const WebhookDelivery = z
  .object({
    delivery_id: z.string().describe('the header webhook-id, the same for every attempt'),
    event: z.string(),
    status: z.enum(DELIVERY_STATUSES),
    attempts: z.number().int(),
    created_at: Timestamp,
    attempted_at: Timestamp.nullable(),
    next_attempt_at: Timestamp.nullable().describe('null once it is delivered or given up'),
    response_status: z.number().int().nullable(),
    error: z.string().nullable(),
  })
  .meta({ id: 'WebhookDelivery' })
export type WebhookDelivery = z.infer<typeof WebhookDelivery>
