/** No credential ever reaches the log: not from a header, a body or an error, even at the most verbose level. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import pino from 'pino'
import { expect, it } from 'vitest'
import { CREDENTIAL_HEADERS } from '../../contract/route.ts'
import { ROUTES, type RouteName } from '../../contract/routes.ts'
import { startServer } from '../server.ts'
import { refusalOf, sendTo } from '../testing/requests.ts'
import { newUsedDataDirectory } from '../testing/test-server.ts'
import { useTestServer } from '../testing/use-test-server.ts'

const { server } = useTestServer()

it('logs no secret in any operation', async () => {
  const secrets = await useEverySecret()
  await useSecretsWrongly(secrets)
  await failWhileInUse(secrets)
  const log = server.readLog()
  expect(log).toContain('"answered"')
  expect(log).toContain('request failed')
  for (const [name, secret] of Object.entries(secrets)) expect(log.includes(secret), name).toBe(false)
  // Nor in another usable form.
  expect(log).not.toMatch(/radix_(?:ot|ct|ak|lt|si)_[A-Za-z0-9_-]{8}/)
  expect(log).not.toMatch(/eyJ[A-Za-z0-9_-]{8}/)
})

/** The usual requests of agents, users and schedulers. */
async function useEverySecret() {
  const tenant = await server.newTenant()
  const { clusterId: cluster_id, clusterToken, agent } = await server.onboard(tenant)
  const params = { cluster_id }
  const { one_time_token } = await tenant.client.call('createOnboardingToken', { params })
  const { api_key } = await tenant.client.call('createApiKey', { body: { name: 'scheduler' } })
  const score = { job_type: 'a', candidate_gpu_types: ['A10G'] }
  await server.clientWith(api_key).call('score', { body: score })
  await tenant.client.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark' } })
  const { jobs } = await agent.call('pollJobs', { params, body: {} })
  const lease = jobs[0]?.lease.token ?? ''
  const address = { ...params, job_id: jobs[0]?.job_id ?? '' }
  await agent.call('renewLease', { params: address, body: { lease_token: lease } })
  const readKey = async (name: string) =>
    (await readFile(join(server.dataDir, name), 'utf8')).split('\n')[1] ?? 'no key'
  return {
    user: tenant.token,
    onboarding: one_time_token,
    cluster: clusterToken,
    api_key,
    lease,
    issuerKey: await readKey('issuer-key.pem'),
    signingKey: await readKey('signing-key.pem'),
  }
}

/** Every secret in every header, in the path, the query and the body of every route. */
async function useSecretsWrongly(secrets: Record<string, string>): Promise<void> {
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    for (const secret of Object.values(secrets)) {
      const headers = Object.values(CREDENTIAL_HEADERS).map(({ header, scheme }) => [header, scheme + secret])
      const params = { cluster_id: secret.slice(0, 60), job_id: 'x', run_id: 'x', api_key_id: 'x' }
      const query = { cursor: secret, secret }
      const body =
        ROUTES[name].method === 'GET' || ROUTES[name].method === 'DELETE'
          ? {}
          : { body: { secret, name: secret, lease_token: secret } }
      const response = await sendTo(server.url, name, { params, query, headers: Object.fromEntries(headers), ...body })
      await response.body?.cancel()
    }
  }
}

/** The database fails during a statement with the secret, and returns the statement in its error. */
async function failWhileInUse({ api_key, user }: { api_key: string; user: string }): Promise<void> {
  await sql`alter table observations rename to observations_away`.execute(server.db)
  const body = { job_type: 'a', candidate_gpu_types: ['A10G'] }
  const score = server.clientWith(api_key).call('score', { body }, { retries: 0 })
  expect(await refusalOf(score)).toMatchObject({ code: 'INTERNAL' })
  await sql`alter table observations_away rename to observations`.execute(server.db)
  await sql`alter table api_keys rename to api_keys_away`.execute(server.db)
  expect(await refusalOf(server.clientWith(user).call('listApiKeys', {}, { retries: 0 }))).toMatchObject({
    code: 'INTERNAL',
  })
  await sql`alter table api_keys_away rename to api_keys`.execute(server.db)
}

it('does not log the password of an unreachable database', async () => {
  const dataDir = await newUsedDataDirectory()
  const start = startServer({
    databaseUrl: 'postgres://radix:open-sesame@127.0.0.1:1/benchmarks',
    host: '127.0.0.1',
    port: 0,
    dataDir,
    logger: pino({ level: 'silent' }),
    issuers: [],
    localIssuer: true,
    rateLimitPerMinute: 1000,
    signingKeyPem: undefined,
    trustedSigningKeys: [],
  })
  const error = await refusalOf(start).finally(() => rm(dataDir, { recursive: true }))
  expect(error).toMatchObject({ code: 'DATABASE_UNREACHABLE' })
  expect(error.why).toContain('127.0.0.1/benchmarks')
  expect(JSON.stringify(error) + error.message + error.fix).not.toContain('open-sesame')
})
