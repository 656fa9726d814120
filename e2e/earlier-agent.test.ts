/**
 * An agent of the earlier Radix, unchanged, on the server as it is shipped: a Python program that knows nothing of leases,
 * waiting polls or result documents. How its leases pass time is tested beside the dispatch.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Evidence } from '../src/contract/schemas/evidence.ts'
import { type ControlPlane, startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { Sandbox } from './support/sandbox.ts'

const PROGRAM = join(import.meta.dirname, 'support/earlier_agent.py')
const CLUSTER = 'earlier'

let sandbox: Sandbox
let controlPlane: ControlPlane
beforeEach(async () => {
  sandbox = await Sandbox.create()
  controlPlane = await startControlPlane(sandbox)
})
afterEach(async () => {
  await stopControlPlane(controlPlane)
  await sandbox.remove()
})

async function startEarlierAgent(...outcomes: ('ok' | 'fail')[]) {
  const { cluster_id, tenant_id } = await controlPlane.client.call('createCluster', { body: { name: CLUSTER } })
  const params = { cluster_id }
  const { one_time_token } = await controlPlane.client.call('createOnboardingToken', { params })
  const argv = [PROGRAM, controlPlane.url, tenant_id, cluster_id, one_time_token, ...outcomes]
  const child = spawn('python3', argv, { stdio: ['ignore', 'pipe', 'pipe'] })
  const readStatus = async () => (await controlPlane.client.call('getCluster', { params })).status
  const ended = outputOf(child)
  await expect.poll(readStatus, { timeout: 30_000 }).toBe('active')
  return { ended }
}

async function outputOf(child: ChildProcess): Promise<{ exitCode: unknown; output: string }> {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text))
  const [exitCode] = await once(child, 'close')
  return { exitCode, output }
}

const runBenchmark = (...extra: string[]) => {
  return sandbox.run(['bench', 'run', '--provider', 'existing', '--cluster-name', CLUSTER, '--json', ...extra])
}

describe('an agent of the earlier Radix', () => {
  it('runs the trials of a benchmark, whose evidence is limited and says so', async () => {
    const agent = await startEarlierAgent('ok', 'ok')
    const { exitCode, stdout, stderr } = await runBenchmark('--trials', '2')
    expect(await agent.ended).toMatchObject({ exitCode: 0 })
    expect(exitCode, stderr).toBe(0)
    const outcome = JSON.parse(stdout)
    expect(outcome).toMatchObject({
      status: 'succeeded',
      throughput_images_per_sec: 343.2,
      duration_seconds: 150.2,
      verdict: { level: 'suspect' },
    })
    const evidence = Evidence.parse(JSON.parse(await readFile(outcome.evidence_path, 'utf8')))
    expect(evidence.verdict.reasons).toContainEqual(expect.objectContaining({ code: 'limited_result' }))
    const run = await controlPlane.client.call('getRun', { params: { run_id: outcome.run_id } })
    expect(run).toMatchObject({ status: 'succeeded', verdict: 'suspect', throughput_images_per_sec: 343.2 })
  })

  it('reports a failure, and the run ends with its reason', async () => {
    const agent = await startEarlierAgent('fail')
    const { exitCode, stdout } = await runBenchmark()
    expect(await agent.ended).toMatchObject({ exitCode: 0 })
    expect(exitCode).toBe(1)
    const { error } = JSON.parse(stdout)
    expect(error).toMatchObject({ code: 'JOB_FAILED', why: expect.stringContaining('CUDA out of memory') })
  })
})
