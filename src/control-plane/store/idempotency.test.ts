/** Idempotency keys: a request takes effect once, however often and however fast it is repeated. */
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { credentialHeader, readProblem, refusalOf, sendTo } from '../testing/requests.ts'
import { useTestServer } from '../testing/use-test-server.ts'

const JOB = { job_kind: 'resnet50_benchmark' as const }

const { server } = useTestServer()

it('answers a repetition with the object of the first request', async () => {
  const { client } = await server.newTenant()
  const create = () => client.call('createCluster', { body: { name: 'a' }, idempotencyKey: 'k' })
  const first = await create()
  expect(await create()).toEqual(first)
  expect((await client.call('listClusters', {})).items).toHaveLength(1)
})

it('creates one object for many concurrent repetitions', async () => {
  const tenant = await server.newTenant()
  const { clusterId: cluster_id } = await server.onboard(tenant)
  const request = { params: { cluster_id }, body: JOB, idempotencyKey: 'k' }
  const jobs = await Promise.all(Array.from({ length: 12 }, () => tenant.client.call('launchJob', request)))
  expect(new Set(jobs.map((job) => job.job_id)).size).toBe(1)
  expect((await tenant.client.call('listJobs', { params: request.params })).items).toHaveLength(1)
})

it('repeats its first answer, even when the object has changed since', async () => {
  const tenant = await server.newTenant()
  const { clusterId: cluster_id, agent } = await server.onboard(tenant)
  const request = { params: { cluster_id }, body: JOB, idempotencyKey: 'k' }
  const first = await tenant.client.call('launchJob', request)
  await agent.call('pollJobs', { params: { cluster_id }, body: {} })
  expect(await tenant.client.call('launchJob', request)).toEqual(first)
  expect((await agent.call('pollJobs', { params: { cluster_id }, body: {} })).jobs).toEqual([])
})

it('refuses a key that was used with another body', async () => {
  const { client } = await server.newTenant()
  await client.call('createCluster', { body: { name: 'a' }, idempotencyKey: 'k' })
  const other = client.call('createCluster', { body: { name: 'b' }, idempotencyKey: 'k' })
  expect(await refusalOf(other)).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', details: { http_status: 422 } })
})

it('separates keys by tenant, by route and by cluster', async () => {
  const [one, two] = [await server.newTenant(), await server.newTenant()]
  const request = { body: { name: 'a' }, idempotencyKey: 'k' }
  const clusters = [await one.client.call('createCluster', request), await two.client.call('createCluster', request)]
  expect(new Set(clusters.map((cluster) => cluster.tenant_id)).size).toBe(2)
  const other = await one.client.call('createCluster', { body: { name: 'b' }, idempotencyKey: 'other' })
  const launch = (cluster_id: string) =>
    one.client.call('launchJob', { params: { cluster_id }, body: JOB, idempotencyKey: 'k' })
  const jobs = [await launch(clusters[0]?.cluster_id ?? ''), await launch(other.cluster_id)]
  expect(new Set(jobs.map((job) => job.job_id)).size).toBe(2)
})

it('forgets a failed request: its key is free for the next attempt', async () => {
  const { client } = await server.newTenant()
  const { cluster_id } = await client.call('createCluster', { body: { name: 'a' } })
  const { cluster_id: archived } = await client.call('createCluster', { body: { name: 'b' } })
  await client.call('archiveCluster', { params: { cluster_id: archived } })
  const launch = () => client.call('launchJob', { params: { cluster_id: archived }, body: JOB, idempotencyKey: 'k' })
  expect(await refusalOf(launch())).toMatchObject({ code: 'CLUSTER_ARCHIVED' })
  await sql`update clusters set status = 'pending' where cluster_id = ${archived}`.execute(server.db)
  expect(await launch()).toMatchObject({ cluster_id: archived, status: 'queued' })
  expect(cluster_id).not.toBe(archived)
})

it.each(['', 'k'.repeat(201)])('refuses an empty or overlong key (%#)', async (key) => {
  const { token } = await server.newTenant()
  const headers = { ...credentialHeader('user', token), 'idempotency-key': key }
  const response = await sendTo(server.url, 'createCluster', { headers, body: { name: 'a' } })
  expect(await readProblem(response)).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
})

it('creates an object for each request without a key', async () => {
  const { client } = await server.newTenant()
  for (let count = 0; count < 2; count++) await client.call('createCluster', { body: { name: 'a' } })
  expect((await client.call('listClusters', {})).items).toHaveLength(2)
})
