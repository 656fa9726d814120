import { sql } from 'kysely'
import { describe, expect, it, vi } from 'vitest'
import { ManualClock } from '../../core/clock.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { useTestServer } from '../testing/use-test-server.ts'
import { deleteOld } from './retention.ts'

const { server } = useTestServer({ settings: { retentionDays: 30 } })

const count = async (table: string, clusterId: string) => {
  const { rows } = await sql<{ n: string }>`
    select count(*) as n from ${sql.table(table)} where cluster_id = ${clusterId}`.execute(server.db)
  return Number(rows[0]?.n)
}

it('deletes the events of jobs that ended long ago, and keeps the jobs', async () => {
  const tenant = await server.newTenant()
  const { clusterId } = await server.onboard(tenant)
  const params = { cluster_id: clusterId }
  const launch = () => tenant.client.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark' } })
  const ended = { old: 31, recent: 29, open: null }
  const ids: Record<string, string> = {}
  for (const [name, days] of Object.entries(ended)) {
    const { job_id } = await launch()
    ids[name] = job_id
    await sql`insert into job_events (job_id, sequence, at, kind, data)
      values (${job_id}, 1, now(), 'log', '{"stream":"stdout","line":"x"}')`.execute(server.db)
    const finished = sql`now() - make_interval(days => ${days}::integer)`
    await sql`update jobs set finished_at = ${finished} where job_id = ${job_id}`.execute(server.db)
  }
  await deleteOld(server.app)
  const readEvents = async (job_id = '') =>
    (await tenant.client.call('listJobEvents', { params: { ...params, job_id } })).items.length
  expect(await readEvents(ids.old)).toBe(0)
  expect(await readEvents(ids.recent)).toBe(1)
  expect(await readEvents(ids.open)).toBe(1)
  expect((await tenant.client.call('listJobs', { params })).items).toHaveLength(3)
})

it('deletes tokens that were used or revoked long ago, and no others', async () => {
  const tenant = await server.newTenant()
  const used = await server.onboard(tenant)
  const revoked = await server.onboard(tenant)
  const long = sql`now() - interval '31 days'`
  await sql`update onboarding_tokens set used_at = ${long} where cluster_id = ${used.clusterId}`.execute(server.db)
  await sql`update cluster_tokens set revoked_at = ${long} where cluster_id = ${revoked.clusterId}`.execute(server.db)
  await deleteOld(server.app)
  expect(await count('onboarding_tokens', used.clusterId)).toBe(0)
  expect(await count('onboarding_tokens', revoked.clusterId)).toBe(1)
  expect(await count('cluster_tokens', used.clusterId)).toBe(1)
  expect(await count('cluster_tokens', revoked.clusterId)).toBe(0)
})

describe('many rows that are due', () => {
  const insertEvents = async (events: number) => {
    const tenant = await server.newTenant()
    const { clusterId } = await server.onboard(tenant)
    const params = { cluster_id: clusterId }
    const { job_id } = await tenant.client.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark' } })
    await sql`update jobs set finished_at = now() - interval '31 days' where job_id = ${job_id}`.execute(server.db)
    await sql`insert into job_events (job_id, sequence, at, kind, data)
      select ${job_id}, n, now(), 'log', '{"stream":"stdout","line":"x"}'
      from generate_series(1, ${events}::integer) as n`.execute(server.db)
    return async () => {
      const { rows } = await sql<{ n: string }>`
        select count(*) as n from job_events where job_id = ${job_id}`.execute(server.db)
      return Number(rows[0]?.n)
    }
  }
  const readMetric = async (name: string) => {
    const text = await server.app.metrics.registry.metrics()
    return Number(new RegExp(`^${name}\\{table="job_events"\\} (\\d+)$`, 'm').exec(text)?.[1])
  }

  it('are all deleted by one sweep, in any number of statements', async () => {
    const countEvents = await insertEvents(25)
    const before = (await readMetric('radix_retention_deleted_rows_total')) || 0
    await deleteOld(server.app, { rowsAtOnce: 10 })
    expect(await countEvents()).toBe(0)
    expect(await readMetric('radix_retention_deleted_rows_total')).toBe(before + 25)
    expect(await readMetric('radix_retention_due_rows')).toBe(0)
  })

  it('are left to the next sweep after the time limit of one, and are counted', async () => {
    const countEvents = await insertEvents(25)
    const clock = new ManualClock()
    const sweepMs = CONTROL_PLANE_LIMITS.retentionSweep.value
    const times = [0, 0, 0, sweepMs]
    vi.spyOn(clock, 'monotonicMs').mockImplementation(() => times.shift() ?? sweepMs)
    vi.spyOn(clock, 'sleep').mockResolvedValue()
    await deleteOld(server.app, { rowsAtOnce: 10, clock })
    expect(await countEvents()).toBe(15)
    expect(await readMetric('radix_retention_due_rows')).toBe(15)
    await deleteOld(server.app, { rowsAtOnce: 10 })
    expect(await countEvents()).toBe(0)
    expect(await readMetric('radix_retention_due_rows')).toBe(0)
  })
})
