/** Benchmarks of the dashboard in their thread, with a real server and a real database. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { RunningServer } from '../../control-plane/server.ts'
import { useTestServer } from '../../control-plane/testing/use-test-server.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { createLogger } from '../shared/logger.ts'
import { type BenchmarkWorker, startBenchmarkWorker } from './worker.ts'

/** A thread loads the whole harness first. */
const PATIENCE = { timeout: 60_000 }
vi.setConfig({ testTimeout: 120_000 })

const { server, tenant } = useTestServer()
let replica: RunningServer
let clusterId: string
beforeAll(async () => {
  replica = await server.startReplica()
  const onboarded = await server.onboard(tenant)
  clusterId = onboarded.clusterId
  await onboarded.agent.call('heartbeat', { params: { cluster_id: clusterId }, body: {} })
})
const workers: BenchmarkWorker[] = []
afterAll(async () => {
  for (const worker of workers) await worker.close()
})

const start = () => tenant.client.call('startBenchmark', { params: { cluster_id: clusterId }, body: {} })
const read = (run_id: string) => tenant.client.call('getRun', { params: { run_id } })
const work = (handsOver: boolean, program?: URL) => {
  const worker = startBenchmarkWorker({
    handsOver,
    server: replica,
    dataDir: server.dataDir,
    logger: createLogger(),
    ...(program === undefined ? {} : { program }),
  })
  workers.push(worker)
  return worker
}
const jobsOf = async (run_id: string) =>
  (await tenant.client.call('listJobs', { params: { cluster_id: clusterId }, query: { run_id } })).items

describe('a benchmark', () => {
  it('runs in the thread, with its journal and its evidence in the control plane', async () => {
    const worker = work(false)
    const { run_id } = await start()
    await expect.poll(async () => (await jobsOf(run_id)).length, PATIENCE).toBe(1)
    await tenant.client.call('cancelRun', { params: { run_id } })
    await expect.poll(async () => (await read(run_id)).status, PATIENCE).toBe('cancelled')
    expect(await read(run_id)).toMatchObject({ has_evidence: true })
    expect((await jobsOf(run_id)).map(({ status }) => status)).toEqual(['cancelled'])
    await worker.close()
  })

  it('is handed over by a server that ends, and continues under the next', async () => {
    const first = work(true)
    const { run_id } = await start()
    await expect.poll(async () => (await jobsOf(run_id)).length, PATIENCE).toBe(1)
    await first.close()
    expect(await read(run_id)).toMatchObject({ status: 'running' })
    const second = work(false)
    await tenant.client.call('cancelRun', { params: { run_id } })
    await expect.poll(async () => (await read(run_id)).status, PATIENCE).toBe('cancelled')
    expect(await jobsOf(run_id)).toHaveLength(1)
    await second.close()
  })
})

it('a thread that crashes repeatedly ends its run as failed, and the server keeps serving', async () => {
  const worker = work(false, new URL('../testing/crashing-thread.ts', import.meta.url))
  const { run_id } = await start()
  await expect.poll(async () => (await read(run_id)).status, PATIENCE).toBe('failed')
  expect(await read(run_id)).toMatchObject({ error_code: 'INTERNAL' })
  const { claim_epoch } = await server.db
    .selectFrom('benchmark_requests')
    .select('claim_epoch')
    .where('run_id', '=', run_id)
    .executeTakeFirstOrThrow()
  expect(claim_epoch).toBe(CONTROL_PLANE_LIMITS.benchmarkCrashes.value)
  await worker.close()
})
