/** Every list stays below `listBytes`, even with texts of the greatest length, and its pages are complete. */

import { type RawBuilder, sql } from 'kysely'
import { expect, it } from 'vitest'
import { z } from 'zod'
import type { Route } from '../../contract/route.ts'
import { ROUTES, type RouteName } from '../../contract/routes.ts'
import { runRegistration } from '../../contract/testing/new-objects.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { testBaseline } from '../testing/baseline.ts'
import { testReaperReport } from '../testing/reaper-report.ts'
import { credentialHeader, refusalOf, sendTo } from '../testing/requests.ts'
import { useTestServer } from '../testing/use-test-server.ts'

/** Three bytes each in UTF-8. */
const long = (characters: number) => '漢'.repeat(characters)
const LABELS = Object.fromEntries(
  Array.from({ length: 32 }, (_, index) => [long(61) + String(index).padStart(2, '0'), long(255)]),
)

const { server, tenant } = useTestServer()

/** Copies of the row of a table, up to `total` of them, each with its own `id`. */
async function copyRow(table: string, id: string, total: number, where: RawBuilder<unknown>): Promise<void> {
  const name = sql.table(table)
  await sql`insert into ${name} select (jsonb_populate_record(${name}, jsonb_build_object(${id}::text, 'copy_' || n))).*
    from ${name}, generate_series(2, ${total}::integer) as n where ${where}`.execute(server.db)
}

const Page = z.looseObject({
  items: z.array(z.looseObject({})),
  next_cursor: z.string().nullish(),
  last_sequence: z.number().optional(),
})

async function readPage(route: RouteName, params: Record<string, string>, query: Record<string, string>) {
  const headers = credentialHeader('user', tenant.token)
  const answer = await sendTo(server.url, route, { headers, params, query })
  const bytes = Buffer.from(await answer.arrayBuffer())
  expect(answer.status, bytes.toString()).toBe(200)
  expect(bytes.byteLength, route).toBeLessThanOrEqual(CONTROL_PLANE_LIMITS.listBytes.value)
  return Page.parse(JSON.parse(bytes.toString()))
}

async function countAll(route: RouteName, limit: number, params: Record<string, string> = {}): Promise<number> {
  let count = 0
  let next: Record<string, string> | undefined = {}
  while (next) {
    const page: z.infer<typeof Page> = await readPage(route, params, { limit: String(limit), ...next })
    count += page.items.length
    if (page.next_cursor) next = { cursor: page.next_cursor }
    else if (page.last_sequence !== undefined && page.items.length > 0)
      next = { after_sequence: String(page.last_sequence) }
    else next = undefined
  }
  return count
}

const MACHINE = {
  machine_id: long(200),
  instance_type: long(100),
  state: 'running' as const,
  launched_at: '2026-01-01T00:00:00.000Z',
  terminated_at: null,
}

async function registerLongestRun(): Promise<string> {
  const parameters = { text: 'x'.repeat(16_000) }
  const body = runRegistration({ cluster_name: long(100), parameters, labels: LABELS })
  const { run_id } = await tenant.client.call('registerRun', { body })
  const step = { status: 'failed' as const, started_at: null, finished_at: null }
  const steps = Array.from({ length: 40 }, () => ({ ...step, name: long(100), message: long(1900) }))
  const change = { steps, machine: MACHINE, error_code: long(100), cluster_id: long(64) }
  await tenant.client.call('updateRun', { params: { run_id }, body: change })
  return run_id
}

it('of runs and of machines', async () => {
  const run_id = await registerLongestRun()
  await copyRow('runs', 'run_id', 600, sql`run_id = ${run_id}`)
  expect(await countAll('listRuns', 200)).toBe(600)
  const { items } = await readPage('listMachines', {}, {})
  expect(items.length).toBeGreaterThan(250)
})

it('of series over time', async () => {
  const conditions = JSON.stringify({
    job_kind: 'resnet50_benchmark',
    workload: { name: 'resnet50', version: '1' },
    recipe: 'reference',
    precision: { text: 'x'.repeat(16_000) },
    parameters: {},
  })
  const [one, two] = [sql`1 / 3.0`, sql`2 / 3.0`]
  await sql`insert into runs (tenant_id, run_id, provider, cluster_name, parameters, deadline_at)
    select ${tenant.tenantId}, 'measured_' || n, 'existing', 'c', '{}', now() from generate_series(1, 4000) as n`.execute(
    server.db,
  )
  await sql`insert into measurements (tenant_id, run_id, measured_at, conditions, recipe, device_type, device_name,
      instance_type, trials, throughput, throughput_unit, throughput_low, throughput_high, work_per_usd, verdict)
    select tenant_id, run_id, now(), ${conditions}::jsonb, 'reference', 'cuda',
      ${long(190)} || row_number() over () % 40, ${long(200)}, 3, ${one}, 'images/s', ${one}, ${two}, ${two}, 'valid'
    from runs where run_id like 'measured_%'`.execute(server.db)
  expect((await readPage('getTrends', {}, {})).items.length).toBeGreaterThan(10)
})

it('of clusters, jobs and events', async () => {
  const { clusterId, agent } = await server.onboard(tenant)
  const params = { cluster_id: clusterId }
  await sql`update clusters set name = ${long(100)}, labels = ${JSON.stringify(LABELS)} where cluster_id = ${clusterId}`.execute(
    server.db,
  )
  const capabilities = { text: long(20_000) }
  await agent.call('heartbeat', { params, body: { capabilities, agent_version: long(100) } })
  const { job_id } = await tenant.client.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark' } })
  const polled = await agent.call('pollJobs', { params, body: { wait_seconds: 1 } })
  const lease_token = polled.jobs[0]?.lease.token ?? ''
  const path = { ...params, job_id }
  const line = { kind: 'log' as const, data: { stream: 'stdout' as const, line: long(16_384) } }
  const events = [{ sequence: 1, at: '2026-01-01T00:00:00.000Z', ...line }]
  await agent.call('reportJobEvents', { params: path, body: { lease_token, started: true, events } })
  const metrics = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`m${index}`, long(900)]))
  const error_message = long(20_000)
  const ended = { status: 'failed' as const, lease_token, metrics, error_message, output_payload: { text: long(1000) } }
  await agent.call('completeJob', { params: path, body: ended })

  await sql`insert into job_events select job_id, n, at, kind, data
    from job_events, generate_series(2, 200) as n where job_id = ${job_id}`.execute(server.db)
  expect(await countAll('listJobEvents', 1000, path)).toBe(200)
  await copyRow('jobs', 'job_id', 60, sql`job_id = ${job_id}`)
  expect(await countAll('listJobs', 200, params)).toBe(60)
  await copyRow('clusters', 'cluster_id', 60, sql`cluster_id = ${clusterId}`)
  expect(await countAll('listClusters', 200)).toBe(60)
})

it('of the audit log', async () => {
  const details = JSON.stringify({ name: long(300), cluster_name: long(300), provider: 'existing' })
  await sql`insert into audit_events (audit_id, tenant_id, actor, actor_kind, principal, action, target, details, request_id, address)
    select 'aud_' || n, ${tenant.tenantId}, ${long(300)}, 'user', ${long(1000)}, 'run.register', ${long(300)},
      ${details}::jsonb, 'r', 'a' from generate_series(1, 400) as n`.execute(server.db)
  // The other tests of this file are in the log, too.
  expect(await countAll('listAuditEvents', 200)).toBeGreaterThanOrEqual(400)
})

it('of webhooks and their deliveries', async () => {
  const { webhook_id } = await tenant.client.call('createWebhook', { body: { url: 'https://receiver.invalid/' } })
  await sql`insert into webhook_deliveries (delivery_id, webhook_id, event, event_key, body, error, next_attempt_at)
    select 'msg_' || n, ${webhook_id}, 'reaper.silent', n, '', ${long(300)}, '2100-01-01' from generate_series(1, 900) as n`.execute(
    server.db,
  )
  expect(await countAll('listWebhookDeliveries', 200, { webhook_id })).toBe(900)
  const webhooks = Array.from({ length: 19 }, () =>
    tenant.client.call('createWebhook', { body: { url: 'https://receiver.invalid/' } }),
  )
  await Promise.all(webhooks)
  expect(await countAll('listWebhooks', 200)).toBe(20)
  const another = tenant.client.call('createWebhook', { body: { url: 'https://receiver.invalid/' } })
  expect(await refusalOf(another)).toMatchObject({ code: 'WEBHOOK_LIMIT' })
})

it('of members', async () => {
  await sql`insert into members (member_id, tenant_id, principal, subject)
    select 'member_' || n, ${tenant.tenantId}, ${`${long(1000)}#`} || n, ${long(200)} from generate_series(1, 600) as n`.execute(
    server.db,
  )
  expect(await countAll('listMembers', 200)).toBe(600)
})

it('of baselines and of API keys', async () => {
  const body = testBaseline({ precision: { text: long(20_000) } })
  await tenant.client.call('putBaseline', { params: { name: 'longest' }, body })
  await copyRow('baselines', 'name', 60, sql`tenant_id = ${tenant.tenantId}`)
  expect(await countAll('listBaselines', 200)).toBe(60)
  await tenant.client.call('createApiKey', { body: { name: long(100) } })
  await sql`insert into api_keys select (jsonb_populate_record(api_keys, jsonb_build_object('api_key_id', 'copy_' || n,
    'key_hash', '\\x' || md5(n::text)))).* from api_keys, generate_series(2, 200) as n`.execute(server.db)
  expect(await countAll('listApiKeys', 200)).toBe(200)
})

it('of reapers, which show failed removals first', async () => {
  const at = new Date().toISOString()
  const [kept] = testReaperReport().things
  if (!kept) throw new Error('the report of the tests has a thing')
  const things = Array.from({ length: 500 }, (_, index) => ({ ...kept, detail: long(1000), error: `${index}` }))
  const failed = { ...kept, decision: 'reap: too old' as const, outcome: 'failed' as const }
  const report = testReaperReport({ at, things: [...things.slice(1), failed] })
  await tenant.client.call('putReaperReport', { params: { name: 'copy_1' }, body: report })
  const small = { params: { name: 'small' }, body: testReaperReport({ at }) }
  await tenant.client.call('putReaperReport', small)
  await copyRow('reapers', 'name', 99, sql`name = 'copy_1'`)
  const { items } = await tenant.client.call('listReapers', {})
  await readPage('listReapers', {}, {})
  expect(items).toHaveLength(100)
  expect(items.find(({ name }) => name === 'small')).not.toHaveProperty('left_out')
  for (const { name, things: shown, left_out } of items.filter(({ name }) => name !== 'small')) {
    expect(shown[0], name).toMatchObject({ outcome: 'failed' })
    expect(shown.length + (left_out?.things ?? 0)).toBe(500)
  }
})

it('covers every route that lists', () => {
  const routes: [string, Route][] = Object.entries(ROUTES)
  const lists = routes.flatMap(([name, { answer }]) =>
    answer instanceof z.ZodObject && 'items' in answer.shape ? [name] : [],
  )
  expect(lists.sort()).toEqual([
    'getTrends',
    'listApiKeys',
    'listAuditEvents',
    'listBaselines',
    'listClusters',
    'listJobEvents',
    'listJobs',
    'listMachines',
    'listMembers',
    'listReapers',
    'listRuns',
    'listWebhookDeliveries',
    'listWebhooks',
  ])
})
