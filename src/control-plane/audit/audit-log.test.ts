/** The audit log: complete, in the transaction of each change, append-only, and without secrets. */
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { Route } from '../../contract/route.ts'
import { ROUTES } from '../../contract/routes.ts'
import { runRegistration } from '../../contract/testing/new-objects.ts'
import { deleteOld } from '../background/retention.ts'
import { testBaseline } from '../testing/baseline.ts'
import { useTestGithub } from '../testing/github.ts'
import { credentialHeader, refusalOf, sendTo } from '../testing/requests.ts'
import type { Tenant } from '../testing/test-server.ts'
import { useTestServer } from '../testing/use-test-server.ts'

const github = useTestGithub()
const { server } = useTestServer(() => ({ github: github.config }))

const readLog = async ({ client }: Tenant, query = {}) => (await client.call('listAuditEvents', { query })).items

/** Every change that a user, an agent that joins or a link makes, once. */
async function changeEverything(tenant: Tenant) {
  const { client } = tenant
  const secrets: string[] = []
  const { cluster_id } = await client.call('createCluster', { body: { name: 'gpu-box', type: 'local' } })
  const params = { cluster_id }
  const { one_time_token } = await client.call('createOnboardingToken', { params })
  const { cluster_token } = await server
    .clientWith(one_time_token)
    .call('exchangeOnboardingToken', { params, body: {} })
  await client.call('revokeOnboardingTokens', { params })
  await server.clientWith(cluster_token).call('heartbeat', { params, body: { status: 'active' } })
  const { job_id } = await client.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark' } })
  await client.call('cancelJob', { params: { ...params, job_id } })
  const { run_id } = await client.call('registerRun', { body: runRegistration() })
  await client.call('putEvidence', { params: { run_id }, body: { schema: 'radix.evidence/v2' } })
  await client.call('cancelRun', { params: { run_id } })
  await client.call('startBenchmark', { params, body: {} })
  await client.call('putBaseline', { params: { name: 'main' }, body: testBaseline() })
  await client.call('setBudget', { body: { per_day_usd: 5, per_month_usd: null } })
  await client.call('forgetReaper', { params: { name: 'old' } })
  const key = await client.call('createApiKey', { body: { name: 'scheduler' } })
  await client.call('revokeApiKey', { params: { api_key_id: key.api_key_id } })
  await client.call('setDefaultRole', { body: { role: 'viewer' } })
  const member = {
    member_id: `mem_${tenant.tenantId}`,
    tenant_id: tenant.tenantId,
    principal: 'https://a#1',
    subject: 'b',
  }
  await server.db.insertInto('members').values(member).execute()
  await client.call('setMemberRole', { params: { member_id: member.member_id }, body: { role: 'operator' } })
  const { webhook_id } = await client.call('createWebhook', { body: { url: 'https://receiver.invalid/very-secret' } })
  await client.call('testWebhook', { params: { webhook_id } })
  await client.call('removeWebhook', { params: { webhook_id } })
  const { code } = await client.call('createSignInLink', {})
  await server.clientWith('').call('openSignInLink', { body: { code } })
  const session = await sendTo(server.url, 'createSession', { headers: credentialHeader('user', tenant.token) })
  const cookie = session.headers.get('set-cookie')?.split(';')[0] ?? ''
  await sendTo(server.url, 'endSession', { headers: { cookie, 'x-radix-csrf': '1' } })
  await client.call('archiveCluster', { params })
  secrets.push('very-secret')
  secrets.push(one_time_token, cluster_token, key.api_key, code, cookie.split('=')[1] ?? '', tenant.token)
  return { cluster_id, job_id, run_id, secrets }
}

describe('the audit log', () => {
  it('has every change of the route table, and no secret', async () => {
    const tenant = await server.newTenant()
    const { secrets } = await changeEverything(tenant)
    const log = await readLog(tenant, { limit: 200 })
    const rules = Object.values<Route>(ROUTES).flatMap(({ audit }) =>
      audit && !audit.isByHandler ? [audit.action] : [],
    )
    expect([...new Set(log.map(({ action }) => action))].sort()).toEqual([...new Set(rules)].sort())
    const text = JSON.stringify(log)
    for (const secret of secrets) expect(text).not.toContain(secret)
  })

  it('says who changed what, when, from where and by which request', async () => {
    const tenant = await server.newTenant()
    const headers = credentialHeader('user', tenant.token)
    const body = { per_day_usd: 5, per_month_usd: null }
    const answer = await sendTo(server.url, 'setBudget', { headers, body })
    await answer.body?.cancel()
    const { cluster_id } = await tenant.client.call('createCluster', { body: { name: 'gpu-box' } })
    expect(await readLog(tenant)).toMatchObject([
      { action: 'cluster.create', target: cluster_id, details: { name: 'gpu-box' } },
      {
        action: 'budget.set',
        actor: 'tester',
        actor_kind: 'user',
        principal: 'radix-local#tester',
        role: 'admin',
        target: null,
        details: body,
        request_id: answer.headers.get('x-request-id'),
        address: '127.0.0.1',
      },
    ])
  })

  it('names the job of GitHub that got a token, and the run that acted with it', async () => {
    const exchanged = await server.clientWith('').call('exchangeGithubToken', { body: { token: await github.sign() } })
    const { token, run_id } = exchanged
    await server.clientWith(token).call('registerRun', { body: runRegistration({ run_id }) })
    const acme = await server.issuer.mintToken({ subject: 'x', tenantId: 'acme', ttlSeconds: 60 })
    const { items } = await server.clientWith(acme).call('listAuditEvents', {})
    expect(items).toMatchObject([
      { action: 'run.register', actor_kind: 'run_token', target: run_id },
      {
        action: 'run_token.create',
        actor: 'repo:acme/models:ref:refs/heads/main',
        actor_kind: 'github_job',
        target: run_id,
      },
    ])
  })

  it('is for admins of the tenant, who can filter it', async () => {
    const [tenant, other] = [await server.newTenant(), await server.newTenant()]
    const { cluster_id } = await changeEverything(tenant)
    expect(await readLog(other)).toEqual([])
    const ofCluster = await readLog(tenant, { action: 'cluster.', target: cluster_id, actor: 'tester' })
    expect(ofCluster.map(({ action }) => action)).toEqual(['cluster.archive', 'cluster.create'])
    expect(await readLog(tenant, { since: '9000-01-01T00:00:00Z' })).toEqual([])
    const { tenantId } = tenant
    const operator = await server.issuer.mintToken({ subject: 'o', tenantId, ttlSeconds: 60, role: 'operator' })
    const refused = server.clientWith(operator).call('listAuditEvents', {})
    expect(await refusalOf(refused)).toMatchObject({ code: 'AUTH_ROLE_REQUIRED' })
  })

  it('has nothing of a change that failed', async () => {
    const tenant = await server.newTenant()
    const params = { cluster_id: 'cl_none' }
    expect(await refusalOf(tenant.client.call('archiveCluster', { params }))).toMatchObject({ code: 'NOT_FOUND' })
    expect(await readLog(tenant)).toEqual([])
  })

  it('keeps a change from happening that it cannot tell of', async () => {
    const tenant = await server.newTenant()
    await sql`alter table audit_events rename to audit_events_away`.execute(server.db)
    const created = tenant.client.call('createCluster', { body: { name: 'unseen' } }, { retries: 0 })
    const refusal = await refusalOf(created)
    await sql`alter table audit_events_away rename to audit_events`.execute(server.db)
    expect(refusal).toMatchObject({ code: 'INTERNAL' })
    expect((await tenant.client.call('listClusters', {})).items).toEqual([])
  })

  it('can be added to and not changed', async () => {
    const tenant = await server.newTenant()
    await tenant.client.call('createCluster', { body: { name: 'a' } })
    const changes = [
      sql`update audit_events set actor = 'x' where tenant_id = ${tenant.tenantId}`,
      sql`delete from audit_events where tenant_id = ${tenant.tenantId}`,
      sql`truncate audit_events`,
    ]
    for (const change of changes) await expect(change.execute(server.db)).rejects.toThrow('append-only')
    expect(await readLog(tenant)).toHaveLength(1)
  })

  it('is deleted after its time, and not before', async () => {
    const tenant = await server.newTenant()
    await sql`insert into audit_events (audit_id, tenant_id, created_at, actor, actor_kind, action, details, request_id, address)
      select 'aud_' || age, ${tenant.tenantId}, now() - make_interval(days => age), 'a', 'user', 'x.y', '{}', 'r', 'a'
      from unnest(array[1, 364, 366]) as age`.execute(server.db)
    await deleteOld(server.app)
    expect((await readLog(tenant)).map(({ audit_id }) => audit_id)).toEqual(['aud_1', 'aud_364'])
  })
})
