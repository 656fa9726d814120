/** Every route with every type of credential: only the route table decides who has access. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { importPKCS8, type JWTPayload, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Credential, Route } from '../../contract/route.ts'
import { ROUTES, type RouteName } from '../../contract/routes.ts'
import { runRegistration } from '../../contract/testing/new-objects.ts'
import { newId } from '../../core/ids.ts'
import { buildEvidence } from '../../evidence/build.ts'
import { gpuFacts } from '../../evidence/testing/facts.ts'
import { testBaseline } from '../testing/baseline.ts'
import { useTestGithub } from '../testing/github.ts'
import { testReaperReport } from '../testing/reaper-report.ts'
import { credentialHeader, type RawRequest, readProblem, sendTo } from '../testing/requests.ts'
import type { Tenant } from '../testing/test-server.ts'
import { useTestServer } from '../testing/use-test-server.ts'
import { LOCAL_AUDIENCE, LOCAL_ISSUER, LOCAL_TENANT_CLAIM } from './local-issuer.ts'

const routes = Object.entries<Route>(ROUTES) as [RouteName, Route][]

const github = useTestGithub()
const { server } = useTestServer(() => ({ github: github.config }))
let refusing: Tenants
/** The address of a file that the control plane hands out. */
let agentFile: { platform: string; file: string }

beforeAll(async () => {
  const { platforms } = await server.clientWith('').call('getAgentManifest', {})
  agentFile = { platform: 'linux-x64', file: platforms[0]?.program.path.split('/').at(-1) ?? '' }
  refusing = await createWorld()
})

/** One of every object that a path can name, and a matching credential of each type. */
interface Tenants {
  tenant: Tenant
  params: Record<string, string>
  query: Record<string, string>
  leaseToken: string
  githubToken: string
  linkCode: string
  secrets: Record<Exclude<Credential, 'none'>, string>
}

/** A name that never resolves. */
const WEBHOOK_URL = 'https://receiver.invalid/hook'

async function createWorld(): Promise<Tenants> {
  const tenant = await server.newTenant()
  const { clusterId: cluster_id, clusterToken, agent } = await server.onboard(tenant)
  const params = { cluster_id }
  await agent.call('heartbeat', { params, body: {} })
  const { one_time_token } = await tenant.client.call('createOnboardingToken', { params })
  await tenant.client.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark' } })
  const { jobs } = await agent.call('pollJobs', { params, body: { max_jobs: 1 } })
  const key = await tenant.client.call('createApiKey', { body: { name: 'scheduler' } })
  const run = await registerMeasuredRun(tenant)
  const otherRun = await registerMeasuredRun(tenant)
  await tenant.client.call('putBaseline', { params: { name: 'main' }, body: testBaseline() })
  const name = { name: 'main' }
  const { webhook_id } = await tenant.client.call('createWebhook', { body: { url: WEBHOOK_URL } })
  const member_id = newId('mem')
  const member = { member_id, tenant_id: tenant.tenantId, principal: 'https://issuer.example#1', subject: 'ada' }
  await server.db.insertInto('members').values(member).execute()
  const ids = {
    ...agentFile,
    cluster_id,
    job_id: jobs[0]?.job_id ?? '',
    run_id: run.run_id,
    api_key_id: key.api_key_id,
    member_id,
    webhook_id,
    ...name,
  }
  return {
    tenant,
    params: ids,
    query: { run_ids: `${run.run_id},${otherRun.run_id}` },
    leaseToken: jobs[0]?.lease.token ?? '',
    githubToken: await github.sign(),
    linkCode: (await tenant.client.call('createSignInLink', {})).code,
    secrets: { user: tenant.token, onboarding: one_time_token, cluster: clusterToken, api_key: key.api_key },
  }
}

async function registerMeasuredRun({ client }: Tenant) {
  const run = await client.call('registerRun', { body: runRegistration() })
  const { run_id } = run
  await client.call('putEvidence', { params: { run_id }, body: buildEvidence(gpuFacts({ runId: run_id })) })
  return run
}

/** A body that each route accepts, so that only the credential can be the reason of a refusal. */
function bodiesOf({ leaseToken, githubToken, linkCode }: Tenants) {
  const observed = { job_type: 'training', features: {} }
  return {
    exchangeGithubToken: { token: githubToken },
    openSignInLink: { code: linkCode },
    createCluster: { name: 'another' },
    startBenchmark: {},
    registerRun: runRegistration(),
    updateRun: { status: 'running' },
    putEvidence: { schema: 'radix.evidence/v2' },
    createWebhook: { url: WEBHOOK_URL },
    setMemberRole: { role: 'viewer' },
    setDefaultRole: { role: 'operator' },
    setBudget: { per_day_usd: null, per_month_usd: 1000 },
    putBaseline: testBaseline({ run_id: 'run_of_a_stranger' }),
    putReaperReport: testReaperReport(),
    launchJob: { job_kind: 'resnet50_benchmark' },
    createApiKey: { name: 'another' },
    heartbeat: { status: 'active' },
    pollJobs: { max_jobs: 1 },
    renewLease: { lease_token: leaseToken },
    reportJobEvents: { lease_token: leaseToken, events: [] },
    completeJob: { status: 'succeeded', lease_token: leaseToken },
    observe: { ...observed, job_id: 'job-1', gpu_type: 'A10G', actual_runtime: 1, success: true },
    score: { ...observed, candidate_gpu_types: ['A10G'] },
  } satisfies Partial<Record<RouteName, unknown>>
}

async function send(name: RouteName, world: Tenants, headers: Record<string, string>) {
  const body = Object.entries(bodiesOf(world)).find(([route]) => route === name)?.[1]
  const query = name === 'compareRuns' ? { query: world.query } : {}
  const request: RawRequest = { params: world.params, ...query, headers, ...(body === undefined ? {} : { body }) }
  const response = await sendTo(server.url, name, request)
  if (response.ok) await response.body?.cancel()
  return response
}

/** Signed with the key that the server trusts, whatever the claims. */
async function sign(claims: JWTPayload, expiresInSeconds = 3600): Promise<string> {
  const key = await importPKCS8(await readFile(join(server.dataDir, 'issuer-key.pem'), 'utf8'), 'ES256')
  return new SignJWT({ iss: LOCAL_ISSUER, aud: LOCAL_AUDIENCE, sub: 'x', ...claims })
    .setProtectedHeader({
      alg: 'ES256',
      ...(server.issuer.jwks.keys[0]?.kid ? { kid: server.issuer.jwks.keys[0].kid } : {}),
    })
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + expiresInSeconds)
    .sign(key)
}

describe.each(routes)('%s', (name, route) => {
  it('accepts the credential of the table, with the status of the table', async () => {
    // A read changes nothing that others look at.
    const world = route.method === 'GET' ? refusing : await createWorld()
    const headers = route.auth === 'none' ? {} : credentialHeader(route.auth, world.secrets[route.auth])
    expect((await send(name, world, headers)).status).toBe(route.status)
  })

  const { auth } = route
  if (auth === 'none') return

  it('refuses a caller without a credential', async () => {
    const problem = await readProblem(await send(name, refusing, {}))
    expect(problem).toMatchObject({ status: 401, code: 'AUTH_MISSING' })
  })

  const otherKinds = (['user', 'onboarding', 'cluster', 'api_key'] as const).filter((kind) => kind !== auth)
  it.each(otherKinds)('refuses a valid credential of type %s', async (kind) => {
    const problem = await readProblem(await send(name, refusing, credentialHeader(kind, refusing.secrets[kind])))
    expect(problem).toMatchObject({ status: 401, code: 'AUTH_WRONG_KIND' })
  })

  it.each(['x', 'Bearer', 'radix_ct_0000', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.'])('refuses %s', async (garbage) => {
    const problem = await readProblem(await send(name, refusing, credentialHeader(auth, garbage)))
    expect(problem.status).toBe(401)
    expect(problem.code).toMatch(/^AUTH_(TOKEN|ONBOARDING_TOKEN|CLUSTER_TOKEN|API_KEY)_INVALID$/)
  })
})

const userRoutes = routes.filter(([, { auth }]) => auth === 'user')

/** What a user puts or forgets under a name is their own, even where another tenant has the same name. */
const byName: RouteName[] = ['putBaseline', 'putReaperReport', 'forgetReaper']
const isOwn = ([name, route]: [RouteName, Route]) => (!route.params && name !== 'compareRuns') || byName.includes(name)

async function sendAsStranger(name: RouteName): Promise<Response> {
  const stranger = await server.newTenant()
  return send(name, refusing, credentialHeader('user', stranger.token))
}

it.each(userRoutes.filter((each) => !isOwn(each)))('%s hides the objects of another tenant', async (name) => {
  expect(await readProblem(await sendAsStranger(name))).toMatchObject({ status: 404, code: 'NOT_FOUND' })
})

it.each(userRoutes.filter(isOwn))('%s serves each tenant its own objects', async (name, route) => {
  expect((await sendAsStranger(name)).status).toBe(route.status)
})

describe.each(userRoutes)('%s, for a user token', (name) => {
  const tenant = { [LOCAL_TENANT_CLAIM]: 'tenant-1' }
  it.each([
    ['that has expired', () => sign(tenant, -60), 401, 'AUTH_TOKEN_EXPIRED'],
    [
      'of an issuer that is not trusted',
      () => sign({ ...tenant, iss: 'https://evil.example' }),
      401,
      'AUTH_TOKEN_INVALID',
    ],
    ['for another audience', () => sign({ ...tenant, aud: 'another' }), 401, 'AUTH_TOKEN_INVALID'],
    ['without a tenant', () => sign({}), 403, 'AUTH_NO_TENANT'],
    ['signed with a foreign key', signWithForeignKey, 401, 'AUTH_TOKEN_INVALID'],
  ])('refuses one %s', async (_, makeToken, status, code) => {
    const problem = await readProblem(await send(name, refusing, credentialHeader('user', await makeToken())))
    expect(problem).toMatchObject({ status, code })
  })
})

async function signWithForeignKey(): Promise<string> {
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  return new SignJWT({ iss: LOCAL_ISSUER, aud: LOCAL_AUDIENCE, [LOCAL_TENANT_CLAIM]: 'tenant-1' })
    .setProtectedHeader({ alg: 'ES256', kid: server.issuer.jwks.keys[0]?.kid ?? '' })
    .setExpirationTime('1h')
    .sign(privateKey)
}

const agentRoutes = routes.filter(([, { auth }]) => auth === 'cluster' || auth === 'onboarding')

it.each(agentRoutes)('%s refuses the credential of another cluster', async (name, { auth }) => {
  if (auth === 'none') return
  const other = await createWorld()
  const problem = await readProblem(await send(name, refusing, credentialHeader(auth, other.secrets[auth])))
  expect(problem.status).toBe(401)
})

it.each(agentRoutes)('%s refuses every credential of an archived cluster', async (name, { auth }) => {
  if (auth === 'none') return
  const world = await createWorld()
  const params = { cluster_id: world.params.cluster_id ?? '' }
  await world.tenant.client.call('archiveCluster', { params })
  const problem = await readProblem(await send(name, world, credentialHeader(auth, world.secrets[auth])))
  expect(problem.status).toBe(401)
})

it('never changes a cluster of another tenant', async () => {
  const params = { cluster_id: refusing.params.cluster_id ?? '', job_id: refusing.params.job_id ?? '' }
  expect(await refusing.tenant.client.call('getCluster', { params })).toMatchObject({ status: 'active' })
  expect(await refusing.tenant.client.call('getJob', { params })).toMatchObject({ status: 'leased' })
  expect((await refusing.tenant.client.call('listClusters', {})).items).toHaveLength(1)
  const baseline = await refusing.tenant.client.call('getBaseline', { params: { name: 'main' } })
  expect(baseline.run_id).toBe(testBaseline().run_id)
})

it('exchanges an onboarding token once among many concurrent attempts', async () => {
  const { params, secrets } = await createWorld()
  const headers = credentialHeader('onboarding', secrets.onboarding)
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => sendTo(server.url, 'exchangeOnboardingToken', { params, headers })),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401, 401, 401, 401])
  const refused = answers.find(({ status }) => status === 401)
  expect(refused && (await readProblem(refused)).code).toBe('AUTH_ONBOARDING_TOKEN_USED')
})

it('refuses an expired or revoked onboarding token', async () => {
  const expired = await createWorld()
  const past = new Date(0)
  const params = { cluster_id: expired.params.cluster_id ?? '' }
  await server.db
    .updateTable('onboarding_tokens')
    .set({ expires_at: past })
    .where('cluster_id', '=', params.cluster_id)
    .execute()
  const first = await send(
    'exchangeOnboardingToken',
    expired,
    credentialHeader('onboarding', expired.secrets.onboarding),
  )
  expect((await readProblem(first)).code).toBe('AUTH_ONBOARDING_TOKEN_EXPIRED')
  await expired.tenant.client.call('revokeOnboardingTokens', { params })
  const second = await send(
    'exchangeOnboardingToken',
    expired,
    credentialHeader('onboarding', expired.secrets.onboarding),
  )
  expect((await readProblem(second)).code).toBe('AUTH_ONBOARDING_TOKEN_INVALID')
})
