/** `radix webhook test` */
import type { ControlPlaneClient } from '../../contract/client.ts'
import type { WebhookDelivery } from '../../contract/schemas/webhook.ts'
import { systemClock } from '../../core/clock.ts'
import { CLI_LIMITS } from '../../core/limits/cli.ts'
import { INTERVALS } from '../../core/limits/intervals.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { printJson, printLine } from '../shared/output.ts'

interface TestOptions extends ConnectionOptions {
  json?: boolean
}

export async function testWebhook(webhookId: string, options: TestOptions): Promise<void> {
  const client = await connect(options)
  const queued = await client.call('testWebhook', { params: { webhook_id: webhookId } })
  const delivery = await awaitAttempt(client, webhookId, queued)
  if (options.json) printJson(delivery)
  if (delivery.status !== 'delivered') {
    const reason = delivery.error ?? 'it was not attempted yet'
    throw new RadixError('WEBHOOK_NOT_DELIVERED', { delivery_id: delivery.delivery_id, reason, webhook_id: webhookId })
  }
  if (!options.json)
    printLine(`${delivery.delivery_id} was delivered: the receiver answered ${delivery.response_status}.`)
}

/** The first attempt: later ones may take hours. */
async function awaitAttempt(client: ControlPlaneClient, webhookId: string, queued: WebhookDelivery) {
  const endMs = systemClock.monotonicMs() + CLI_LIMITS.webhookTest.value
  let delivery = queued
  const isTried = () => delivery.status !== 'pending' || delivery.error !== null
  while (!isTried() && systemClock.monotonicMs() < endMs) {
    await systemClock.sleep(INTERVALS.webhookTest.value)
    const params = { webhook_id: webhookId }
    const { items } = await client.call('listWebhookDeliveries', { params })
    delivery = items.find(({ delivery_id }) => delivery_id === queued.delivery_id) ?? delivery
  }
  return delivery
}
