/** A real agent on a real control plane: the life of a job, in success and in failure. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Job } from '../src/contract/schemas/job.ts'
import { identifyProcess } from '../src/system/process-table.ts'
import { type ControlPlane, startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { type Running, Sandbox } from './support/sandbox.ts'
import { createStandInWorkload, type StandInWorkload } from './support/stand-in-workload.ts'

const WAIT = { timeout: 60_000, interval: 50 }

/** All tests share one control plane; each test runs its agents in its own sandbox. */
let controlPlaneSandbox: Sandbox
let sandbox: Sandbox
let controlPlane: ControlPlane
let workload: StandInWorkload
let clusterId: string

beforeAll(async () => {
  controlPlaneSandbox = await Sandbox.create()
  controlPlane = await startControlPlane(controlPlaneSandbox)
})
afterAll(async () => {
  await stopControlPlane(controlPlane)
  await controlPlaneSandbox.expectNoProcesses()
  await controlPlaneSandbox.remove()
})

beforeEach(async () => {
  sandbox = await Sandbox.create()
  workload = await createStandInWorkload(sandbox.directory, { waits: true })
  const body = { name: 'e2e', type: 'local' as const }
  clusterId = (await controlPlane.client.call('createCluster', { body })).cluster_id
})
afterEach(() => sandbox.remove())

async function newOnboardingTokenFile(): Promise<string> {
  const path = join(sandbox.directory, 'onboarding-token')
  const params = { cluster_id: clusterId }
  const { one_time_token } = await controlPlane.client.call('createOnboardingToken', { params })
  await writeFile(path, one_time_token, { mode: 0o600 })
  return path
}

function startAgent(...extra: string[]): Running {
  return sandbox.radix(
    ['agent', '--api-base', controlPlane.url, '--cluster-id', clusterId, '--state-dir', stateDir(), ...extra],
    { RADIX_PYTHON: workload.path },
  )
}

const stateDir = () => join(sandbox.directory, 'agent')

async function onboard(): Promise<Running> {
  const agent = startAgent('--onboarding-token-file', await newOnboardingTokenFile())
  await expect.poll(readClusterStatus, WAIT).toBe('active')
  return agent
}

const readClusterStatus = async () =>
  (await controlPlane.client.call('getCluster', { params: { cluster_id: clusterId } })).status

async function launchJob(): Promise<string> {
  const params = { cluster_id: clusterId }
  return (await controlPlane.client.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark' } })).job_id
}

const readJob = (jobId: string): Promise<Job> =>
  controlPlane.client.call('getJob', { params: { cluster_id: clusterId, job_id: jobId } })

async function waitForStatus(jobId: string, status: Job['status']): Promise<Job> {
  await expect.poll(async () => (await readJob(jobId)).status, WAIT).toBe(status)
  return readJob(jobId)
}

async function runJobUntilItReports(): Promise<string> {
  const jobId = await launchJob()
  await expect.poll(async () => (await readJob(jobId)).progress?.step ?? 0, WAIT).toBeGreaterThan(0)
  return jobId
}

async function stop(agent: Running) {
  agent.kill('SIGTERM')
  return agent.finished
}

function workloadPids(): number[] {
  return sandbox
    .processes()
    .filter(({ command }) => command.includes('stand-in-workload'))
    .map(({ pid }) => pid)
}

describe('an agent', () => {
  it('onboards, runs a job with live progress and log, reports its result, and leaves nothing', async () => {
    const agent = await onboard()
    const jobId = await runJobUntilItReports()
    expect((await readJob(jobId)).status).toBe('running')
    await workload.release()
    const job = await waitForStatus(jobId, 'succeeded')
    expect(job.metrics).toEqual({ throughput: { value: 12.5, unit: 'images/s' }, duration_seconds: 1.5, exit_code: 0 })
    const params = { cluster_id: clusterId, job_id: jobId }
    const { items } = await controlPlane.client.call('listJobEvents', { params, query: { kind: 'log' } })
    const lines = items.map((event) => (event.kind === 'log' ? event.data.line : ''))
    expect(lines).toContain('step 1')
    expect(lines.some((line) => line.startsWith('No GPU samples'))).toBe(true)
    expect((await stop(agent)).exitCode).toBe(0)
    expect(await readdir(join(stateDir(), 'jobs'))).toEqual([])
    // The used token is deleted. Only the owner can read the cluster token.
    expect(await readdir(sandbox.directory)).not.toContain('onboarding-token')
    expect(agent.output()).not.toMatch(/radix_(ot|ct|lt)_/)
  })

  it('cancels a job when asked, and ends its process', async () => {
    await onboard()
    const jobId = await runJobUntilItReports()
    await controlPlane.client.call('cancelJob', { params: { cluster_id: clusterId, job_id: jobId } })
    const job = await waitForStatus(jobId, 'cancelled')
    expect(job.error_code).toBe('WORKLOAD_CANCELLED')
    await expect.poll(workloadPids, WAIT).toEqual([])
  })

  it('ends its job before it stops', async () => {
    const agent = await onboard()
    const jobId = await runJobUntilItReports()
    expect((await stop(agent)).exitCode).toBe(0)
    expect((await readJob(jobId)).status).toBe('cancelled')
    expect(workloadPids()).toEqual([])
  })

  it('stops at its deadline', async () => {
    const deadline = new Date(Date.now() + 3000).toISOString()
    const agent = startAgent('--onboarding-token-file', await newOnboardingTokenFile(), '--deadline', deadline)
    await expect.poll(readClusterStatus, WAIT).toBe('active')
    expect((await agent.finished).stdout).toContain('The deadline of this machine')
  })

  it('stops when its cluster is archived', async () => {
    const agent = await onboard()
    await controlPlane.client.call('archiveCluster', { params: { cluster_id: clusterId } })
    const { exitCode, stderr } = await agent.finished
    expect(exitCode).toBe(4)
    expect(stderr).toContain('AUTH_CLUSTER_TOKEN_INVALID')
  })
})

describe('an agent that is killed', () => {
  it('resumes its running job, and does not run it twice', async () => {
    const agent = await onboard()
    const jobId = await runJobUntilItReports()
    agent.kill('SIGKILL')
    await agent.finished
    startAgent()
    await workload.release()
    await waitForStatus(jobId, 'succeeded')
    expect(await workload.startCount()).toBe(1)
  })

  it.skipIf(process.platform !== 'linux')('ends processes of its job that changed their environment', async () => {
    workload = await createStandInWorkload(sandbox.directory, { waits: true, leaves: true })
    const agent = await onboard()
    const jobId = await runJobUntilItReports()
    agent.kill('SIGKILL')
    await agent.finished
    startAgent()
    const pid = await workload.leftPid()
    expect(identifyProcess(pid).outcome).toBe('found')
    await workload.release()
    await waitForStatus(jobId, 'succeeded')
    expect(identifyProcess(pid).outcome).toBe('absent')
  })

  it('reports the job as lost when its process has died as well', async () => {
    const agent = await onboard()
    const jobId = await runJobUntilItReports()
    agent.kill('SIGKILL')
    await agent.finished
    for (const pid of workloadPids()) process.kill(pid, 'SIGKILL')
    startAgent()
    const job = await waitForStatus(jobId, 'lost')
    expect(job.error_code).toBe('JOB_LOST')
    expect(await workload.startCount()).toBe(1)
  })

  it('loses no result when the control plane was unreachable as the job ended', async () => {
    const agent = await onboard()
    const jobId = await runJobUntilItReports()
    const port = Number(new URL(controlPlane.url).port)
    await stopControlPlane(controlPlane)
    await workload.release()
    const completion = join(stateDir(), 'jobs', jobId, 'completion.json')
    await expect.poll(() => readFile(completion, 'utf8').catch(() => ''), WAIT).toContain('succeeded')
    agent.kill('SIGKILL')
    await agent.finished
    controlPlane = await startControlPlane(controlPlaneSandbox, port)
    startAgent()
    const job = await waitForStatus(jobId, 'succeeded')
    expect(job.metrics?.throughput?.value).toBe(12.5)
    expect(await workload.startCount()).toBe(1)
  })
})

describe('an agent that cannot start', () => {
  it('reports that its onboarding token was already used', async () => {
    const path = await newOnboardingTokenFile()
    const token = await readFile(path, 'utf8')
    await stop(
      await (async () => {
        const agent = startAgent('--onboarding-token-file', path)
        await expect.poll(readClusterStatus, WAIT).toBe('active')
        return agent
      })(),
    )
    const second = sandbox.radix(
      ['agent', '--api-base', controlPlane.url, '--cluster-id', clusterId, '--state-dir', join(sandbox.directory, 'b')],
      { RADIX_ONBOARDING_TOKEN: token },
    )
    const { exitCode, stderr, stdout } = await second.finished
    expect(exitCode).toBe(4)
    expect(stderr).toContain('AUTH_ONBOARDING_TOKEN_USED')
    expect(stderr).toContain('fix:')
    expect(stdout + stderr).not.toContain(token)
  })

  it('reports that it has no token', async () => {
    const { exitCode, stderr } = await startAgent().finished
    expect(exitCode).toBe(4)
    expect(stderr).toContain('AGENT_NOT_ONBOARDED')
  })

  it('reports that another agent uses its folder', async () => {
    await onboard()
    const { exitCode, stderr } = await startAgent().finished
    expect(exitCode).toBe(2)
    expect(stderr).toContain('AGENT_ALREADY_RUNNING')
  })

  it('waits for a control plane that is not up yet', async () => {
    const path = await newOnboardingTokenFile()
    const port = Number(new URL(controlPlane.url).port)
    await stopControlPlane(controlPlane)
    const agent = startAgent('--onboarding-token-file', path)
    await agent.waitFor(/cannot be reached yet/)
    controlPlane = await startControlPlane(controlPlaneSandbox, port)
    await expect.poll(readClusterStatus, WAIT).toBe('active')
  })
})
