/** The stream of changes, and its audience. */

import { describe, expect, it } from 'vitest'
import { Changes } from '../../contract/schemas/change.ts'
import { runRegistration } from '../../contract/testing/new-objects.ts'
import { sweep } from '../background/periodic-work.ts'
import { testReaperReport } from '../testing/reaper-report.ts'
import type { Tenant } from '../testing/test-server.ts'
import { useTenantPerTest, useTestServer } from '../testing/use-test-server.ts'

const { server } = useTestServer()
const tenant = useTenantPerTest(server)

/** Follows from now on; `next` resolves with the things of the next message. */
async function follow({ client }: Tenant) {
  const hangUp = new AbortController()
  const response = await client.open('streamChanges', {}, { signal: hangUp.signal })
  const messages = readMessages(response)
  const next = async () => (await messages.next()).value ?? []
  expect(await next()).toEqual([])
  return { next, stop: () => hangUp.abort() }
}

async function* readMessages(response: Response) {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [, data] = /^event: changed\ndata: (.+)$/.exec(text.slice(0, end)) ?? []
      text = text.slice(end + 2)
      if (data) yield Changes.parse(JSON.parse(data)).things
    }
  }
}

describe('the stream', () => {
  it('reports a change at once', async () => {
    const { next, stop } = await follow(tenant)
    await tenant.client.call('createCluster', { body: { name: 'a' } })
    expect(await next()).toEqual(['clusters'])
    const { run_id } = await tenant.client.call('registerRun', { body: runRegistration() })
    expect(await next()).toEqual(['runs'])
    await tenant.client.call('updateRun', { params: { run_id }, body: { status: 'running' } })
    expect(await next()).toEqual(['runs'])
    await tenant.client.call('putReaperReport', { params: { name: 'host' }, body: testReaperReport() })
    expect(await next()).toEqual(['reapers'])
    stop()
  })

  it('groups changes in quick succession', async () => {
    const { next, stop } = await follow(tenant)
    await tenant.client.call('createCluster', { body: { name: 'a' } })
    expect(await next()).toEqual(['clusters'])
    for (let n = 0; n < 5; n++) await tenant.client.call('registerRun', { body: runRegistration() })
    await tenant.client.call('createCluster', { body: { name: 'b' } })
    const told = new Set(await next())
    while (!told.has('clusters')) for (const thing of await next()) told.add(thing)
    expect([...told].sort()).toEqual(['clusters', 'runs'])
    stop()
  })

  it('reports every change of a job, and only heartbeats that change the cluster', async () => {
    const { clusterId, agent } = await server.onboard(tenant)
    const params = { cluster_id: clusterId }
    const { next, stop } = await follow(tenant)
    await agent.call('heartbeat', { params, body: {} })
    expect(await next()).toEqual(['clusters'])
    await agent.call('heartbeat', { params, body: {} })
    await tenant.client.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark' } })
    expect(await next()).toEqual(['jobs'])
    const [job] = (await agent.call('pollJobs', { params, body: { wait_seconds: 5 } })).jobs
    expect(await next()).toEqual(['jobs'])
    const address = { ...params, job_id: job?.job_id ?? '' }
    const lease_token = job?.lease.token ?? ''
    await agent.call('reportJobEvents', { params: address, body: { lease_token, started: true, events: [] } })
    expect(await next()).toEqual(['jobs'])
    await agent.call('completeJob', { params: address, body: { status: 'succeeded', lease_token } })
    expect(await next()).toEqual(['jobs'])
    stop()
  })

  it('reports a cluster that has gone silent', async () => {
    const { clusterId, agent } = await server.onboard(tenant)
    await agent.call('heartbeat', { params: { cluster_id: clusterId }, body: { heartbeat_interval_seconds: 1 } })
    const { next, stop } = await follow(tenant)
    const past = new Date(Date.now() - 60_000)
    await server.db
      .updateTable('clusters')
      .set({ last_heartbeat_at: past })
      .where('cluster_id', '=', clusterId)
      .execute()
    await sweep(server.app, past)
    expect(await next()).toEqual(['clusters'])
    stop()
  })

  it('reports nothing of other tenants', async () => {
    const stranger = await server.newTenant()
    const { next, stop } = await follow(stranger)
    await tenant.client.call('createCluster', { body: { name: 'a' } })
    await stranger.client.call('registerRun', { body: runRegistration() })
    expect(await next()).toEqual(['runs'])
    stop()
  })

  it('includes changes made at another replica', async () => {
    const replica = await server.startReplica()
    const { next, stop } = await follow(tenant)
    const { createClient } = await import('../../contract/client.ts')
    const there = createClient({ baseUrl: replica.url, credential: () => tenant.token })
    await there.call('createCluster', { body: { name: 'a' } })
    expect(await next()).toEqual(['clusters'])
    stop()
  })
})
