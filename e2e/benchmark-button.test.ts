/** A benchmark started in the dashboard: the server takes the run to its evidence, and survives its own restarts. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type ControlPlane, restartControlPlane, startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { type Running, Sandbox } from './support/sandbox.ts'
import { createStandInWorkload, type StandInWorkload } from './support/stand-in-workload.ts'

const WAIT = { timeout: 60_000, interval: 50 }

let sandbox: Sandbox
let controlPlane: ControlPlane
let workload: StandInWorkload
let clusterId: string

beforeEach(async () => {
  sandbox = await Sandbox.createUsed()
  controlPlane = await startControlPlane(sandbox)
  workload = await createStandInWorkload(sandbox.directory, { waits: true })
  clusterId = (await controlPlane.client.call('createCluster', { body: { name: 'clicked', type: 'local' } })).cluster_id
  await startAgent()
})
afterEach(async () => {
  await stopControlPlane(controlPlane)
  await sandbox.remove()
})

async function startAgent(): Promise<Running> {
  const params = { cluster_id: clusterId }
  const { one_time_token } = await controlPlane.client.call('createOnboardingToken', { params })
  const tokenFile = join(sandbox.directory, 'onboarding-token')
  await writeFile(tokenFile, one_time_token, { mode: 0o600 })
  const where = ['--api-base', controlPlane.url, '--cluster-id', clusterId]
  const agent = sandbox.radix(
    ['agent', ...where, '--state-dir', join(sandbox.directory, 'agent'), '--onboarding-token-file', tokenFile],
    { RADIX_PYTHON: workload.path },
  )
  await expect.poll(async () => (await controlPlane.client.call('getCluster', { params })).status, WAIT).toBe('active')
  return agent
}

const click = (trials = 1) =>
  controlPlane.client.call('startBenchmark', {
    params: { cluster_id: clusterId },
    body: { params: { allow_cpu: true }, trials },
  })
const readRun = (run_id: string) => controlPlane.client.call('getRun', { params: { run_id } })
const readJobs = async (run_id: string) => {
  const request = { params: { cluster_id: clusterId }, query: { run_id } }
  return (await controlPlane.client.call('listJobs', request)).items
}

it('runs its trials on the cluster and ends in evidence; the cluster stays', async () => {
  const { run_id } = await click(2)
  await expect.poll(async () => (await readJobs(run_id)).length, WAIT).toBe(1)
  await workload.release()
  await expect.poll(async () => (await readRun(run_id)).status, WAIT).toBe('succeeded')
  const run = await readRun(run_id)
  expect(run).toMatchObject({ has_evidence: true, verdict: 'suspect', provider: 'existing' })
  expect(run.throughput?.value).toBeGreaterThan(0)
  const evidence = await controlPlane.client.call('getEvidence', { params: { run_id } })
  expect(evidence).toMatchObject({ run_id, results: { trials: [{ trial: 1 }, { trial: 2 }] } })
  const params = { cluster_id: clusterId }
  expect((await controlPlane.client.call('getCluster', { params })).status).toBe('active')
})

it('is cancelled by a second click', async () => {
  const { run_id } = await click()
  await expect.poll(async () => (await readJobs(run_id))[0]?.status, WAIT).toBe('running')
  await controlPlane.client.call('cancelRun', { params: { run_id } })
  await expect.poll(async () => (await readRun(run_id)).status, WAIT).toBe('cancelled')
  await expect.poll(async () => (await readJobs(run_id))[0]?.status, WAIT).toBe('cancelled')
})

it('is resumed by a server that was killed, and its job does not run twice', async () => {
  const { run_id } = await click()
  await expect.poll(async () => (await readJobs(run_id))[0]?.status, WAIT).toBe('running')
  controlPlane.server.kill('SIGKILL')
  await controlPlane.server.finished
  controlPlane = await restartControlPlane(sandbox, controlPlane)
  await workload.release()
  await expect.poll(async () => (await readRun(run_id)).status, WAIT).toBe('succeeded')
  expect(await readJobs(run_id)).toHaveLength(1)
})

it('is cancelled, not left hanging, when the server is stopped', async () => {
  const { run_id } = await click()
  await expect.poll(async () => (await readJobs(run_id))[0]?.status, WAIT).toBe('running')
  await stopControlPlane(controlPlane)
  controlPlane = await restartControlPlane(sandbox, controlPlane)
  expect(await readRun(run_id)).toMatchObject({ status: 'cancelled', error_code: 'RUN_CANCELLED' })
})
