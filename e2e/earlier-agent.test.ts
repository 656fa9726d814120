/**
 * An unchanged agent of the earlier Radix on the server as it is shipped: a Python program without leases,
 * waiting polls or result documents.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { Evidence } from '../src/contract/schemas/evidence.ts'
import { DEFAULT_SETTINGS } from '../src/control-plane/app.ts'
import { startTestServer } from '../src/control-plane/testing/test-server.ts'
import { type ControlPlane, startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { isFullRun } from './support/full-run.ts'
import { Sandbox } from './support/sandbox.ts'

const PROGRAM = join(import.meta.dirname, 'support/earlier_agent.py')
const CLUSTER = 'earlier'

/**
 * As long as its jobs took. Today's leases last 30 s, and this agent sends a heartbeat every minute. `npm run test:full`
 * lets that time pass on the server as it is shipped. Otherwise the server's time-outs and the job are shorter, by the
 * same factor.
 */
const LONG_JOB_SECONDS = 150
const SPEED_UP = isFullRun ? 1 : 50

interface Server extends Pick<ControlPlane, 'url' | 'client'> {
  /** What a command needs to reach it; empty where it uses the sandbox's data directory. */
  env?: Record<string, string>
}

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await Sandbox.create()
})
afterEach(() => sandbox.remove())

async function startShippedServer(): Promise<Server> {
  const controlPlane = await startControlPlane(sandbox)
  onTestFinished(() => stopControlPlane(controlPlane))
  return controlPlane
}

async function startHurriedServer(): Promise<Server> {
  const { jobLeaseMs, jobLostGraceMs, sweepIntervalMs } = DEFAULT_SETTINGS
  const settings = {
    jobLeaseMs: jobLeaseMs / SPEED_UP,
    jobLostGraceMs: jobLostGraceMs / SPEED_UP,
    sweepIntervalMs: sweepIntervalMs / SPEED_UP,
  }
  const server = await startTestServer({ settings })
  onTestFinished(() => server.close())
  const { client, token } = await server.newTenant()
  return { url: server.url, client, env: { RADIX_API_BASE: server.url, RADIX_TOKEN: token } }
}

async function startEarlierAgent(server: Server, jobSeconds: number, ...outcomes: ('ok' | 'fail')[]) {
  const { cluster_id, tenant_id } = await server.client.call('createCluster', { body: { name: CLUSTER } })
  const params = { cluster_id }
  const { one_time_token } = await server.client.call('createOnboardingToken', { params })
  const argv = [PROGRAM, server.url, tenant_id, cluster_id, one_time_token, String(jobSeconds), ...outcomes]
  const child = spawn('python3', argv, { stdio: ['ignore', 'pipe', 'pipe'] })
  const readStatus = async () => (await server.client.call('getCluster', { params })).status
  const ended = outputOf(child)
  await expect.poll(readStatus, { timeout: 30_000 }).toBe('active')
  return { clusterId: cluster_id, ended }
}

async function outputOf(child: ChildProcess): Promise<{ exitCode: unknown; output: string }> {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text))
  const [exitCode] = await once(child, 'close')
  return { exitCode, output }
}

const BENCHMARK = ['bench', 'run', '--provider', 'existing', '--cluster-name', CLUSTER, '--json']

describe('an agent of the earlier Radix', () => {
  it('runs the trials of a benchmark, and the evidence states its limits', async () => {
    const server = await startShippedServer()
    const agent = await startEarlierAgent(server, 0.5, 'ok', 'ok')
    const { exitCode, stdout, stderr } = await sandbox.run([...BENCHMARK, '--trials', '2'])
    expect(await agent.ended).toMatchObject({ exitCode: 0 })
    expect(exitCode, stderr).toBe(0)
    const outcome = JSON.parse(stdout)
    expect(outcome).toMatchObject({
      status: 'succeeded',
      throughput: { value: 343.2, unit: 'images/s' },
      duration_seconds: expect.closeTo(0.5, 0),
      verdict: { level: 'suspect' },
    })
    const evidence = Evidence.parse(JSON.parse(await readFile(outcome.evidence_path, 'utf8')))
    expect(evidence.verdict.reasons).toContainEqual(expect.objectContaining({ code: 'limited_result' }))
    const run = await server.client.call('getRun', { params: { run_id: outcome.run_id } })
    expect(run).toMatchObject({
      status: 'succeeded',
      verdict: 'suspect',
      throughput: { value: 343.2, unit: 'images/s' },
    })
  })

  it('reports a failure, and the run ends with that reason', async () => {
    const agent = await startEarlierAgent(await startShippedServer(), 0.5, 'fail')
    const { exitCode, stdout } = await sandbox.run(BENCHMARK)
    expect(await agent.ended).toMatchObject({ exitCode: 0 })
    expect(exitCode).toBe(1)
    const { error } = JSON.parse(stdout)
    expect(error).toMatchObject({ code: 'JOB_FAILED', why: expect.stringContaining('CUDA out of memory') })
  })

  it('keeps a job that outlasts every lease, without renewals or heartbeats', { timeout: 300_000 }, async () => {
    const server = isFullRun ? await startShippedServer() : await startHurriedServer()
    const agent = await startEarlierAgent(server, LONG_JOB_SECONDS / SPEED_UP, 'ok')
    const benchmark = sandbox.radix(BENCHMARK, server.env)
    expect(await agent.ended).toMatchObject({ exitCode: 0 })
    const { exitCode, stdout, stderr } = await benchmark.finished
    expect(exitCode, stderr).toBe(0)
    const outcome = JSON.parse(stdout)
    expect(outcome).toMatchObject({ status: 'succeeded', throughput: { value: 343.2, unit: 'images/s' } })
    const params = { cluster_id: agent.clusterId }
    const { items } = await server.client.call('listJobs', { params, query: { run_id: outcome.run_id } })
    expect(items).toMatchObject([{ status: 'succeeded', lease_epoch: 1 }])
  })
})
