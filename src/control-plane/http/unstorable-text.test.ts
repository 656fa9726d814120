/** Text that PostgreSQL cannot store, in every input: kept with U+FFFD or refused, and never an error of the server. */

import { beforeAll, describe, expect, it } from 'vitest'
import { ROUTES, type RouteName } from '../../contract/routes.ts'
import { runRegistration } from '../../contract/testing/new-objects.ts'
import { runEvidence } from '../../evidence/testing/runs.ts'
import { testReaperReport } from '../testing/reaper-report.ts'
import { credentialHeader, type RawRequest, sendTo } from '../testing/requests.ts'
import { useTestServer } from '../testing/use-test-server.ts'

const { server, tenant } = useTestServer()
let user: Record<string, string>
let key: Record<string, string>
let agent: Record<string, string>
let clusterId: string
let clusterToken: string
beforeAll(async () => {
  user = credentialHeader('user', tenant.token)
  const onboarded = await server.onboard(tenant)
  clusterId = onboarded.clusterId
  clusterToken = onboarded.clusterToken
  agent = credentialHeader('cluster', clusterToken)
  const { api_key } = await tenant.client.call('createApiKey', { body: { name: 'a' } })
  key = credentialHeader('api_key', api_key)
})

async function leaseJob() {
  const cluster = { cluster_id: clusterId }
  await tenant.client.call('launchJob', { params: cluster, body: { job_kind: 'resnet50_benchmark' } })
  const [job] = (await server.clientWith(clusterToken).call('pollJobs', { params: cluster, body: { wait_seconds: 0 } }))
    .jobs
  if (!job) throw new Error('no job was leased')
  return { params: { ...cluster, job_id: job.job_id }, lease_token: job.lease.token }
}

async function registerRun(changes: object = {}) {
  const body = runRegistration(changes)
  return { params: { run_id: body.run_id }, response: await sendTo(server.url, 'registerRun', { headers: user, body }) }
}

const send = (name: RouteName, headers: Record<string, string>, request: RawRequest) =>
  sendTo(server.url, name, { ...request, headers: { ...headers, ...request.headers } })

describe.each([
  ['NUL', 'a\0b'],
  ['half of a surrogate pair', 'a\ud800b'],
  ['the other half', 'a\udc00b'],
])('%s', (_, text) => {
  const nested = { [text]: [text, { deep: text }] }
  const inCluster = () => ({ params: { cluster_id: clusterId } })
  const observation = { job_id: 'j', job_type: 't', gpu_type: 'A10G', actual_runtime: 1, success: true }

  const entrances: Record<string, () => Promise<Response>> = {
    'the name of a cluster': () => send('createCluster', user, { body: { name: text } }),
    'a label': () => send('createCluster', user, { body: { name: 'a', labels: { l: text } } }),
    'the name of a label': () => send('createCluster', user, { body: { name: 'a', labels: { [text]: 'l' } } }),
    'an idempotency key': () =>
      send('createCluster', user, { body: { name: 'a' }, headers: { 'idempotency-key': 'a%00\xff' } }),
    'the capabilities of a heartbeat': () =>
      send('heartbeat', agent, { ...inCluster(), body: { capabilities: nested } }),
    'the status of a heartbeat': () => send('heartbeat', agent, { ...inCluster(), body: { status: text } }),
    'the version of an agent': () => send('heartbeat', agent, { ...inCluster(), body: { agent_version: text } }),
    'parameters of a job': () =>
      send('launchJob', user, { ...inCluster(), body: { job_kind: 'resnet50_benchmark', params: nested } }),
    'the run of a job': () =>
      send('launchJob', user, { ...inCluster(), body: { job_kind: 'resnet50_benchmark', run_id: text } }),
    'events of a job': async () => {
      const { params, lease_token } = await leaseJob()
      const at = new Date().toISOString()
      const events = [{ sequence: 1, at, type: 'log', data: { stream: 'stdout', text, [text]: text } }]
      return send('reportJobEvents', agent, { params, body: { lease_token, started: true, events } })
    },
    'the result of a job': async () => {
      const { params, lease_token } = await leaseJob()
      const words = { error_message: text, error_code: text, output_payload: nested }
      const body = { lease_token, status: 'failed', ...words, metrics: { [text]: text } }
      return send('completeJob', agent, { params, body })
    },
    'the lease of a job': async () => {
      const { params } = await leaseJob()
      return send('completeJob', agent, { params, body: { lease_token: text, status: 'failed' } })
    },
    'the parameters of a run': async () => (await registerRun({ parameters: nested })).response,
    'the name of the cluster of a run': async () => (await registerRun({ cluster_name: text })).response,
    'an error of a run': async () => {
      const { params } = await registerRun()
      return send('updateRun', user, { params, body: { error_code: text, cluster_id: text } })
    },
    evidence: async () => {
      const { params } = await registerRun()
      const body = { ...runEvidence(1, [343.2]), run_id: params.run_id, note: text, ...nested }
      return send('putEvidence', user, { params, body })
    },
    'a baseline': () =>
      send('putBaseline', user, { params: { name: encodeURIComponent('a\0b') }, body: { run_id: text } }),
    'the report of a reaper': () => {
      const [thing] = testReaperReport().things
      const body = testReaperReport({ things: thing ? [{ ...thing, detail: text, id: text }] : [] })
      return send('putReaperReport', user, { params: { name: 'r' }, body })
    },
    'the name of an API key': () => send('createApiKey', user, { body: { name: text } }),
    'an observation': () => send('observe', key, { body: { ...observation, job_id: text } }),
    'features of an observation': () => send('observe', key, { body: { ...observation, features: { [text]: text } } }),
    'a GPU type that is scored': () => send('score', key, { body: { job_type: text, candidate_gpu_types: [text] } }),
  }

  it.each(Object.entries(entrances))('in %s is no error of the server', async (_entrance, enter) => {
    const response = await enter()
    // Accepted, or refused because of the text: the request got that far.
    expect([200, 201, 204, 400, 409, 422], await response.text()).toContain(response.status)
  })

  it('leaves everything readable', async () => {
    const paths = [
      'clusters',
      'runs',
      'trends',
      'machines',
      'reapers',
      'baselines',
      'api-keys',
      `clusters/${clusterId}`,
    ]
    for (const path of [...paths, `clusters/${clusterId}/jobs`]) {
      const response = await fetch(`${server.url}/v1/${path}`, { headers: user })
      expect(response.status, `${path}: ${await response.text()}`).toBe(200)
    }
  })
})

/** Every reading route, with the text in every parameter of its query and its path. */
const READS = Object.entries(ROUTES).filter(([, route]) => route.method === 'GET' && route.auth === 'user')

it.each(READS)('%s answers such text in its address without an error of the server', async (_, route) => {
  for (const bad of ['a%00b', '%ED%A0%80', '%00']) {
    const names = 'query' in route ? Object.keys(route.query.shape) : []
    const path = route.path.replaceAll(/\{[a-z_]+\}/g, bad)
    for (const address of [
      path,
      ...names.map((each) => `${route.path.replaceAll(/\{[a-z_]+\}/g, 'x')}?${each}=${bad}`),
    ]) {
      const signal = AbortSignal.timeout(5000)
      const response = await fetch(server.url + address, { headers: user, signal })
      expect(response.status, address).toBeLessThan(500)
      await response.body?.cancel()
    }
  }
})
