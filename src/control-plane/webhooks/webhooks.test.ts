/** Webhooks with a receiver that is really there: what is told, how it is signed, and what happens when it fails. */
import { createHmac } from 'node:crypto'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Evidence } from '../../contract/schemas/evidence.ts'
import type { CreateWebhookBody, WebhookDelivery } from '../../contract/schemas/webhook.ts'
import { runRegistration } from '../../contract/testing/new-objects.ts'
import { newId } from '../../core/ids.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { buildEvidence } from '../../evidence/build.ts'
import { signEvidence } from '../../evidence/signature/sign.ts'
import { gpuFacts } from '../../evidence/testing/facts.ts'
import { testSigner } from '../../evidence/testing/signing-key.ts'
import { testReaperReport } from '../testing/reaper-report.ts'
import { refusalOf } from '../testing/requests.ts'
import { useTenantPerTest, useTestServer } from '../testing/use-test-server.ts'
import { WebhookReceiver } from '../testing/webhook-receiver.ts'
import { raiseEvent } from './events.ts'
import { deliverDue } from './outbox.ts'
import { sendMessage } from './send.ts'
import { watchForWebhooks } from './watch.ts'

const { server } = useTestServer({
  settings: { webhookNetworks: ['127.0.0.0/8'] },
  publicUrl: 'https://radix.example.com/',
})
const tenant = useTenantPerTest(server)
const receiver = new WebhookReceiver()
const PATIENCE = { timeout: 20_000, interval: 50 }

beforeEach(async () => {
  await receiver.open()
  receiver.received.length = 0
  receiver.answers = []
  return () => receiver.close()
})

const addWebhook = (body: Partial<Parameters<typeof CreateWebhookBody.parse>[0] & object> = {}) =>
  tenant.client.call('createWebhook', { body: { url: `${receiver.url}/hook`, ...body } })

async function readDelivery(webhook_id: string): Promise<WebhookDelivery | undefined> {
  return (await tenant.client.call('listWebhookDeliveries', { params: { webhook_id } })).items[0]
}

/** The wait before the next attempt is over. */
async function hurry(webhookId: string): Promise<void> {
  await sql`update webhook_deliveries set next_attempt_at = now() where webhook_id = ${webhookId}`.execute(server.db)
  server.app.bus.publish('webhooks')
}

describe('a delivery', () => {
  it('is signed as in Standard Webhooks, and made at once', async () => {
    const { webhook_id, secret } = await addWebhook()
    await tenant.client.call('testWebhook', { params: { webhook_id } })
    await expect.poll(() => readDelivery(webhook_id), PATIENCE).toMatchObject({ status: 'delivered', attempts: 1 })
    const [message] = receiver.received
    const delivery = await readDelivery(webhook_id)
    expect(message).toMatchObject({ path: '/hook', headers: { 'webhook-id': delivery?.delivery_id } })
    const timestamp = message?.headers['webhook-timestamp']
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
    const signed = `${delivery?.delivery_id}.${timestamp}.${message?.body}`
    expect(message?.headers['webhook-signature']).toBe(
      `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
    )
    expect(Math.abs(Date.now() / 1000 - Number(timestamp))).toBeLessThan(60)
    expect(JSON.parse(message?.body ?? '')).toMatchObject({
      type: 'webhook.test',
      data: { webhook_id, url: 'https://radix.example.com/' },
    })
  })

  it('is repeated with the same id until the receiver takes it', async () => {
    const { webhook_id } = await addWebhook()
    const answers = [500, 302, 429]
    receiver.answers = [...answers]
    await tenant.client.call('testWebhook', { params: { webhook_id } })
    for (const [index, response_status] of answers.entries()) {
      const refused = { status: 'pending', attempts: index + 1, response_status }
      await expect.poll(() => readDelivery(webhook_id), PATIENCE).toMatchObject(refused)
      await hurry(webhook_id)
    }
    await expect.poll(() => readDelivery(webhook_id), PATIENCE).toMatchObject({ status: 'delivered', attempts: 4 })
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    // A redirect is not followed.
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook', '/hook', '/hook', '/hook'])
  })

  it('is given up after its attempts, and at once where the receiver is gone for good', async () => {
    const { webhook_id } = await addWebhook()
    const last = CONTROL_PLANE_LIMITS.deliveryAttempts.value - 1
    receiver.answers = [500, 500, 410]
    await tenant.client.call('testWebhook', { params: { webhook_id } })
    await expect.poll(() => readDelivery(webhook_id), PATIENCE).toMatchObject({ attempts: 1, response_status: 500 })
    await sql`update webhook_deliveries set attempts = ${last} where webhook_id = ${webhook_id}`.execute(server.db)
    await hurry(webhook_id)
    await expect
      .poll(() => readDelivery(webhook_id), PATIENCE)
      .toMatchObject({ status: 'failed', next_attempt_at: null })
    await tenant.client.call('testWebhook', { params: { webhook_id } })
    const gone = { status: 'failed', attempts: 1, response_status: 410 }
    await expect.poll(() => readDelivery(webhook_id), PATIENCE).toMatchObject(gone)
  })

  it('does not wait for a receiver that hangs', async () => {
    const [slow, quick] = [await addWebhook(), await addWebhook({ url: `${receiver.url}/quick` })]
    receiver.answers = ['silence']
    await tenant.client.call('testWebhook', { params: slow })
    await expect.poll(() => receiver.received.length, PATIENCE).toBe(1)
    await tenant.client.call('testWebhook', { params: quick })
    await expect.poll(() => readDelivery(quick.webhook_id), PATIENCE).toMatchObject({ status: 'delivered' })
    expect(await readDelivery(slow.webhook_id)).toMatchObject({ status: 'pending', attempts: 1, error: null })
  })

  it('has failed where the receiver changes the protocol instead of answering', async () => {
    receiver.answers = [101]
    const message = { deliveryId: 'msg_1', secret: 'whsec_aaaa', body: '{}', url: receiver.url }
    const outcome = await sendMessage(message, ['127.0.0.0/8'])
    expect(outcome).toEqual({ status: null, error: 'the connection was closed without an answer' })
  })

  it('is made by one of many servers that look at once, and by another after a crash', async () => {
    const { webhook_id } = await addWebhook()
    // As a server leaves it that has died while it sent.
    await sql`insert into webhook_deliveries (delivery_id, webhook_id, event, event_key, body, attempts, claimed_until)
      values ('msg_crashed', ${webhook_id}, 'reaper.silent', 'k', '{}', 1, now() + interval '1 hour')`.execute(
      server.db,
    )
    expect(await deliverDue(server.app)).toBe(0)
    await sql`update webhook_deliveries set claimed_until = now() - interval '1 second'
      where webhook_id = ${webhook_id}`.execute(server.db)
    await Promise.all(Array.from({ length: 8 }, () => deliverDue(server.app)))
    await expect.poll(() => readDelivery(webhook_id), PATIENCE).toMatchObject({ status: 'delivered', attempts: 2 })
    expect(receiver.received).toHaveLength(1)
  })

  it('never reaches an address that is not allowed, whatever its name', async () => {
    const message = { deliveryId: 'msg_1', secret: 'whsec_aaaa', body: '{}' }
    const port = new URL(receiver.url).port
    const refused = await Promise.all([
      sendMessage({ ...message, url: `https://localhost:${port}/` }, []),
      sendMessage({ ...message, url: `https://127.0.0.1:${port}/` }, []),
      sendMessage({ ...message, url: `http://localhost:${port}/` }, ['10.0.0.0/8']),
    ])
    expect(refused.map(({ status }) => status)).toEqual([null, null, null])
    expect(refused.map(({ error }) => error)).toEqual([
      'localhost has no public address',
      '127.0.0.1 is not a public address',
      'localhost has no public address',
    ])
    expect(receiver.received).toEqual([])
    expect(await sendMessage({ ...message, url: `http://localhost:${port}/` }, ['127.0.0.0/8', '::1'])).toMatchObject({
      status: 204,
    })
  })
})

describe('a webhook', () => {
  it('shows neither its secret nor the path of its URL again', async () => {
    const { webhook_id, secret } = await addWebhook({ url: `${receiver.url}/services/T0/B0/very-secret` })
    await tenant.client.call('testWebhook', { params: { webhook_id } })
    await expect.poll(() => readDelivery(webhook_id), PATIENCE).toMatchObject({ status: 'delivered' })
    const { items } = await tenant.client.call('listWebhooks', {})
    expect(items).toMatchObject([{ webhook_id, url: receiver.url, pending: 0, last_delivery: { status: 'delivered' } }])
    const audit = await tenant.client.call('listAuditEvents', {})
    expect(audit.items.map(({ action }) => action)).toEqual(['webhook.test', 'webhook.create'])
    for (const text of [JSON.stringify(items), JSON.stringify(audit), server.readLog()]) {
      expect(text).not.toContain('very-secret')
      expect(text).not.toContain(secret)
    }
  })

  it('is removed with what it had to deliver', async () => {
    const { webhook_id } = await addWebhook()
    const params = { webhook_id }
    await tenant.client.call('removeWebhook', { params })
    expect(await refusalOf(tenant.client.call('removeWebhook', { params }))).toMatchObject({ code: 'NOT_FOUND' })
  })

  it('that is being removed lets the change that it would be told of succeed', async () => {
    const { webhook_id } = await addWebhook({ events: ['reaper.silent'] })
    const happening = { type: 'reaper.silent' as const, key: 'k', text: '', page: '/', data: {} }
    const isWaiting = async () => {
      const { rows } = await sql`select from pg_locks where not granted`.execute(server.db)
      return rows.length > 0
    }
    let raising: Promise<number> | undefined
    await server.db.transaction().execute(async (trx) => {
      await trx.deleteFrom('webhooks').where('webhook_id', '=', webhook_id).execute()
      raising = raiseEvent(server.app, server.db, tenant.tenantId, happening)
      raising.catch(() => {})
      await expect.poll(isWaiting, PATIENCE).toBe(true)
    })
    expect(await raising).toBe(0)
  })

  it('is refused for an address inside of the network', async () => {
    const refusal = await refusalOf(addWebhook({ url: 'https://169.254.169.254/latest' }))
    expect(refusal).toMatchObject({ code: 'WEBHOOK_URL_REFUSED' })
    expect(refusal.fix).toContain('RADIX_WEBHOOK_PRIVATE_NETWORKS')
  })

  it('takes no more than its queue holds', async () => {
    const { webhook_id } = await addWebhook()
    await fill(webhook_id)
    const test = tenant.client.call('testWebhook', { params: { webhook_id } }, { retries: 0 })
    expect(await refusalOf(test)).toMatchObject({ code: 'WEBHOOK_QUEUE_FULL' })
  })
})

/** Its queue takes nothing more. */
async function fill(webhookId: string): Promise<void> {
  await sql`insert into webhook_deliveries (delivery_id, webhook_id, event, event_key, body, next_attempt_at)
    select ${`${webhookId}_`} || n, ${webhookId}, 'reaper.silent', n, '', '2100-01-01'
    from generate_series(1, ${CONTROL_PLANE_LIMITS.pendingDeliveries.value}::integer) as n`.execute(server.db)
}

/** What the receiver was told, once there are so many messages. */
async function readMessages(count: number) {
  await expect.poll(() => receiver.received.length, PATIENCE).toBe(count)
  return receiver.received.map(({ body }) => JSON.parse(body))
}

describe('an event', () => {
  it('tells of a machine past its deadline, once', async () => {
    await addWebhook({ events: ['machine.overdue'] })
    const { run_id } = await tenant.client.call('registerRun', { body: runRegistration() })
    const machine = {
      machine_id: 'i-1',
      instance_type: 'g5.xlarge',
      state: 'running' as const,
      launched_at: null,
      terminated_at: null,
    }
    await tenant.client.call('updateRun', { params: { run_id }, body: { machine } })
    await sql`update runs set deadline_at = now() - interval '11 minutes' where run_id = ${run_id}`.execute(server.db)
    await watchForWebhooks(server.app)
    await watchForWebhooks(server.app)
    expect(await readMessages(1)).toMatchObject([
      { type: 'machine.overdue', data: { machine_id: 'i-1', run_id, instance_type: 'g5.xlarge' } },
    ])
  })

  it('tells of a machine with the longest id that a reaper may report', async () => {
    await addWebhook({ events: ['machine.overdue'] })
    const id = Array.from({ length: 1000 }, (_, index) =>
      String.fromCodePoint(0x4e00 + ((index * 7919) % 20_000)),
    ).join('')
    const failed = { outcome: 'failed' as const, run_id: 'run_elsewhere', error: 'denied' }
    const things = testReaperReport()
      .things.slice(0, 1)
      .map((thing) => ({ ...thing, ...failed, id }))
    await tenant.client.call('putReaperReport', { params: { name: 'ops' }, body: testReaperReport({ things }) })
    await watchForWebhooks(server.app)
    expect(await readMessages(1)).toMatchObject([{ data: { machine_id: id } }])
  })

  it('of one tenant whose queue is full does not keep those of others back', async () => {
    const other = await server.newTenant()
    const addFull = { url: `${receiver.url}/full`, events: ['machine.overdue' as const] }
    const { webhook_id } = await other.client.call('createWebhook', { body: addFull })
    await fill(webhook_id)
    const machine = { machine_id: 'i-', instance_type: null, state: 'running', launched_at: null, terminated_at: null }
    await sql`insert into runs (run_id, tenant_id, provider, cluster_name, parameters, labels, steps, machine, deadline_at)
      select 'run_full_' || n, ${other.tenantId}, 'ec2', 'a', '{}', '{}', '[]',
        jsonb_set(${JSON.stringify(machine)}::jsonb, '{machine_id}', to_jsonb('i-' || n)), now() - interval '2 days'
      from generate_series(1, ${CONTROL_PLANE_LIMITS.eventsAtOnce.value}::integer) as n`.execute(server.db)
    await addWebhook({ events: ['machine.overdue'] })
    const { run_id } = await tenant.client.call('registerRun', { body: runRegistration() })
    await tenant.client.call('updateRun', {
      params: { run_id },
      body: { machine: { ...machine, machine_id: 'i-ours', state: 'running' } },
    })
    await sql`update runs set deadline_at = now() - interval '1 day' where run_id = ${run_id}`.execute(server.db)
    await watchForWebhooks(server.app)
    expect(await readMessages(1)).toMatchObject([{ data: { machine_id: 'i-ours' } }])
    await other.client.call('removeWebhook', { params: { webhook_id } })
  })

  it('tells of a machine that a reaper could not remove, though no run here knows it', async () => {
    await addWebhook({ events: ['machine.overdue'] })
    const [thing] = testReaperReport().things
    const failed = {
      outcome: 'failed' as const,
      decision: 'reap: too old' as const,
      run_id: 'run_elsewhere',
      error: 'denied',
    }
    const things = thing
      ? [
          { ...thing, ...failed },
          { ...thing, id: 'i-2', run_id: 'run_elsewhere' },
        ]
      : []
    await tenant.client.call('putReaperReport', { params: { name: 'ops' }, body: testReaperReport({ things }) })
    await watchForWebhooks(server.app)
    expect(await readMessages(1)).toMatchObject([{ data: { machine_id: thing?.id, seen_by_reaper: 'ops' } }])
  })

  it('tells of a reaper that is silent, once for each silence', async () => {
    await addWebhook({ events: ['reaper.silent'] })
    const report = (minutesAgo: number) =>
      testReaperReport({ at: new Date(Date.now() - minutesAgo * 60_000).toISOString(), interval_seconds: 600 })
    const put = (minutesAgo: number) =>
      tenant.client.call('putReaperReport', { params: { name: 'ops' }, body: report(minutesAgo) })
    await put(29)
    await watchForWebhooks(server.app)
    expect(receiver.received).toEqual([])
    await sql`update reapers set last_success_at = now() - interval '31 minutes' where tenant_id = ${tenant.tenantId}`.execute(
      server.db,
    )
    await watchForWebhooks(server.app)
    await watchForWebhooks(server.app)
    expect(await readMessages(1)).toMatchObject([{ type: 'reaper.silent', data: { name: 'ops' } }])
    await put(1)
    await sql`update reapers set last_success_at = now() - interval '40 minutes' where tenant_id = ${tenant.tenantId}`.execute(
      server.db,
    )
    await watchForWebhooks(server.app)
    await readMessages(2)
  })

  it('tells of a regression as soon as the evidence of the run is stored, also to Slack', async () => {
    await addWebhook({ events: ['regression.found'], format: 'slack' })
    const measure = async (factor: number, day: number) => {
      const runId = newId('run')
      const evidence = buildEvidence(gpuFacts({ runId, startedAt: `2026-03-0${day}T09:00:00.000Z` }))
      scale(evidence, factor)
      await tenant.client.call('registerRun', { body: runRegistration({ run_id: runId }) })
      const body = signEvidence(evidence, testSigner())
      await tenant.client.call('putEvidence', { params: { run_id: runId }, body })
      return runId
    }
    for (const [index, factor] of [1, 1.01, 0.99, 1.005, 0.995].entries()) await measure(factor, index + 1)
    const slow = await measure(0.8, 6)
    const [message] = await readMessages(1)
    expect(message.text).toMatch(
      /^Regression: resnet50_benchmark on g5.2xlarge .* 20\.0 % below the mean of 5 earlier runs/,
    )
    expect(message.text).toContain(`\n<https://radix.example.com/runs/${slow}|Open in Radix>`)
    expect(Object.keys(message)).toEqual(['text'])
  })

  it('goes only to the tenant that it is about', async () => {
    const stranger = await server.newTenant()
    await stranger.client.call('createWebhook', { body: { url: `${receiver.url}/stranger` } })
    await addWebhook({ events: ['reaper.silent'] })
    await tenant.client.call('putReaperReport', {
      params: { name: 'ops' },
      body: testReaperReport(),
    })
    await sql`update reapers set last_success_at = null, received_at = now() - interval '1 day'
      where tenant_id = ${tenant.tenantId}`.execute(server.db)
    await watchForWebhooks(server.app)
    await readMessages(1)
    expect(receiver.received[0]?.path).toBe('/hook')
  })
})

function scale(evidence: Evidence, factor: number): void {
  for (const { result } of evidence.results.trials) if (result) result.throughput.value *= factor
  const summary = evidence.results.throughput
  if (summary) summary.mean *= factor
}
