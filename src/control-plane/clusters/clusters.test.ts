/** A cluster from its creation to its archive: how it becomes active, unreachable, and archived. */

import { type KyselyPlugin, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { HeartbeatBody } from '../../contract/schemas/cluster.ts'
import { sweep } from '../background/periodic-work.ts'
import { credentialHeader, readProblem, refusalOf, sendTo } from '../testing/requests.ts'
import { useTestServer } from '../testing/use-test-server.ts'
import { recordHeartbeat } from './heartbeat.ts'

const LONG_AGO = new Date(0)

const { server, tenant } = useTestServer()

async function onboard() {
  const { clusterId, agent } = await server.onboard(tenant)
  const params = { cluster_id: clusterId }
  return {
    params,
    agent,
    read: () => tenant.client.call('getCluster', { params }),
    beat: (body: z.input<typeof HeartbeatBody> = {}) => agent.call('heartbeat', { params, body }),
    archive: () => tenant.client.call('archiveCluster', { params }),
    async beSilentFor(seconds: number, readySince = LONG_AGO) {
      await sql`update clusters set last_heartbeat_at = last_heartbeat_at - make_interval(secs => ${seconds})
        where cluster_id = ${clusterId}`.execute(server.db)
      await sweep(server.app, readySince)
    },
  }
}

describe('a heartbeat', () => {
  it('makes the cluster active, and reports the capabilities of its machine', async () => {
    const { read, beat } = await onboard()
    expect(await read()).toMatchObject({ status: 'pending', capabilities: null, last_heartbeat_at: null })
    const capabilities = {
      hostname: 'gpu-1',
      cpu: { model: 'x', cores: 8 },
      gpus: [{ name: 'A10G' }],
      extra: { kept: true },
    }
    const answer = await beat({ capabilities, agent_version: '1.2.3', heartbeat_interval_seconds: 10 })
    expect(answer.status).toBe('active')
    expect(await read()).toMatchObject({
      status: 'active',
      capabilities,
      agent_version: '1.2.3',
      heartbeat_interval_seconds: 10,
      last_heartbeat_at: answer.server_time,
    })
  })

  it('records when the cluster became active, and not when it last was', async () => {
    const { read, beat } = await onboard()
    await beat()
    const { status_changed_at } = await read()
    await beat()
    expect(await read()).toMatchObject({ status: 'active', status_changed_at })
  })

  it('is refused when the cluster has been archived', async () => {
    const { params, archive, read } = await onboard()
    let isArchived = false
    const archiveAfterFirst: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        if (!isArchived) await archive()
        isArchived = true
        return result
      },
    }
    const app = { ...server.app, db: server.db.withPlugin(archiveAfterFirst) }
    const identity = { kind: 'cluster', clusterId: params.cluster_id, tenantId: tenant.tenantId } as const
    const error = await refusalOf(recordHeartbeat(app, identity, HeartbeatBody.parse({})))
    expect(error.code).toBe('AUTH_CLUSTER_TOKEN_INVALID')
    expect(await read()).toMatchObject({ status: 'archived' })
  })

  it('accepts any text that a machine may have as a name', async () => {
    const { read, beat } = await onboard()
    await beat({ capabilities: { hostname: 'a\0b' }, agent_version: '1\0' })
    expect(await read()).toMatchObject({ status: 'active', capabilities: { hostname: 'a\ufffdb' } })
  })
})

describe('silence', () => {
  it('for three intervals of the agent makes the cluster unreachable, until its next heartbeat', async () => {
    const { read, beat, beSilentFor } = await onboard()
    await beat({ heartbeat_interval_seconds: 10 })
    await beSilentFor(28)
    expect(await read()).toMatchObject({ status: 'active' })
    await beSilentFor(3)
    const unreachable = await read()
    expect(unreachable).toMatchObject({ status: 'unreachable' })
    await beSilentFor(1000)
    expect(await read()).toMatchObject({ status_changed_at: unreachable.status_changed_at })
    expect(await beat()).toMatchObject({ status: 'active' })
  })

  it('of the server itself does not count', async () => {
    const { read, beat, beSilentFor } = await onboard()
    await beat({ heartbeat_interval_seconds: 10 })
    await beSilentFor(3600, new Date())
    expect(await read()).toMatchObject({ status: 'active' })
  })

  it('of a cluster without any heartbeat leaves it pending', async () => {
    const { read, beSilentFor } = await onboard()
    await beSilentFor(3600)
    expect(await read()).toMatchObject({ status: 'pending' })
  })
})

describe('archiving', () => {
  it('keeps the history readable, and changes nothing when it is repeated', async () => {
    const { params, archive, read, agent } = await onboard()
    const job = await tenant.client.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark' } })
    const archived = await archive()
    expect(archived).toMatchObject({ status: 'archived', archived_at: expect.any(String) })
    expect(await archive()).toEqual(archived)
    expect(await read()).toEqual(archived)
    expect((await tenant.client.call('listJobs', { params })).items).toMatchObject([{ job_id: job.job_id }])
    expect(await refusalOf(agent.call('heartbeat', { params, body: {} }))).toMatchObject({
      code: 'AUTH_CLUSTER_TOKEN_INVALID',
    })
  })

  it('answers a held poll at once', async () => {
    const { params, agent, archive } = await onboard()
    const held = agent.call('pollJobs', { params, body: { wait_seconds: 60 } }, { timeoutMs: 70_000 })
    await archive()
    expect(await refusalOf(held)).toMatchObject({ code: 'AUTH_CLUSTER_TOKEN_INVALID' })
  })

  it('leaves no token, no job and no agent behind, even with concurrent requests', async () => {
    for (let round = 0; round < 10; round++) {
      const { params, archive, agent } = await onboard()
      const { one_time_token } = await tenant.client.call('createOnboardingToken', { params })
      await Promise.allSettled([
        tenant.client.call('createOnboardingToken', { params }),
        server.clientWith(one_time_token).call('exchangeOnboardingToken', { params, body: {} }),
        tenant.client.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark' } }),
        agent.call('heartbeat', { params, body: {} }),
        archive(),
        tenant.client.call('createOnboardingToken', { params }),
        tenant.client.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark' } }),
      ])
      expect(await readAlive(params.cluster_id)).toEqual({
        onboarding: '0',
        cluster: '0',
        jobs: '0',
        status: 'archived',
      })
    }
  })

  async function readAlive(clusterId: string) {
    const { rows } = await sql`select
      (select count(*) from onboarding_tokens where cluster_id = ${clusterId} and revoked_at is null and used_at is null) as onboarding,
      (select count(*) from cluster_tokens where cluster_id = ${clusterId} and revoked_at is null) as cluster,
      (select count(*) from jobs where cluster_id = ${clusterId} and status in ('queued', 'leased', 'running')) as jobs,
      (select status from clusters where cluster_id = ${clusterId}) as status`.execute(server.db)
    return rows[0]
  }
})

it('forgets idempotency keys after a day, in the background', async () => {
  const body = { name: 'a' }
  const first = await tenant.client.call('createCluster', { body, idempotencyKey: 'old' })
  await sql`update idempotency_keys set created_at = now() - interval '25 hours' where key = 'old'`.execute(server.db)
  const replica = await server.startReplica() // it also runs the slow sweep first
  await expect
    .poll(async () => (await tenant.client.call('createCluster', { body, idempotencyKey: 'old' })).cluster_id)
    .not.toBe(first.cluster_id)
  expect(replica.url).not.toBe(server.url)
})

describe('the type of a cluster', () => {
  it.each(['kubernetes', 'slurm', 'other'])('%s is refused, because no executor runs its jobs', async (type) => {
    const headers = credentialHeader('user', tenant.token)
    const answer = await sendTo(server.url, 'createCluster', { headers, body: { name: 'engine', type } })
    const { status, code, detail } = await readProblem(answer)
    expect({ status, code }).toEqual({ status: 400, code: 'REQUEST_INVALID' })
    expect(detail).toContain('body.type: no executor runs jobs on a cluster of this type; use docker_host or local')
  })

  it('may be one that an earlier version stored', async () => {
    const { params, read } = await onboard()
    await sql`update clusters set type = 'kubernetes' where cluster_id = ${params.cluster_id}`.execute(server.db)
    expect(await read()).toMatchObject({ type: 'kubernetes' })
  })
})
