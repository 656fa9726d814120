/** Jobs that end while the disk of the agent is full, with real files: their results are reported from memory. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { ControlPlaneClient } from '../contract/client.ts'
import { ManualClock } from '../core/clock.ts'
import { AGENT_LIMITS } from '../core/limits/agent.ts'
import { silentLogger } from '../core/logger.ts'
import { RadixError } from '../errors/radix-error.ts'
import { driveAgent } from './driver.ts'
import type { Execution, ExecutionEnd, Executor } from './executors/executor.ts'
import type { JobRecord } from './job-directory.ts'
import type { AgentExit } from './machine.ts'

const disk = vi.hoisted(() => ({ isFull: false, cannotRemove: false, refused: [] as string[] }))
vi.mock(import('../system/atomic-file.ts'), async (importOriginal) => {
  const original = await importOriginal()
  const writeFileAtomically: typeof original.writeFileAtomically = async (path, ...rest) => {
    if (disk.isFull) {
      disk.refused.push(basename(path))
      throw new RadixError('DISK_FULL', { path })
    }
    return original.writeFileAtomically(path, ...rest)
  }
  return { ...original, writeFileAtomically }
})
vi.mock(import('./job-directory.ts'), async (importOriginal) => {
  const original = await importOriginal()
  const refuse = async () => {
    throw new Error('EROFS: read-only file system')
  }
  const openJobDirectory: typeof original.openJobDirectory = async (...args) => {
    const directory = await original.openJobDirectory(...args)
    return disk.cannotRemove ? { ...directory, remove: refuse, moveToRejected: refuse } : directory
  }
  return { ...original, openJobDirectory }
})

const JOB = { job_id: 'job_1', cluster_id: 'cl_1', job_kind: 'resnet50_benchmark', params: {}, timeout_seconds: 3600 }
const EXIT: AgentExit = { reason: 'signal', message: 'SIGTERM' }

let stateDir: string
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'radix-driver-'))
  disk.isFull = false
  disk.cannotRemove = false
  disk.refused = []
})
afterEach(() => rm(stateDir, { recursive: true }))

/** An agent, a control plane that leases it `jobs` once, and an executor whose job ends on request. */
function startAgent(jobs: object[] = [JOB]) {
  const clock = new ManualClock('2026-03-02T12:00:00Z')
  const leaseEnd = () => new Date(clock.now().getTime() + 30_000).toISOString()
  const completions: Record<string, unknown>[] = []
  const control = { cancelRequested: false, refuses: false, started: 0, polls: 0 }
  const waiting = [...jobs]
  const call = async (name: string, { body }: { body: never }, { signal }: { signal: AbortSignal }) => {
    if (name === 'pollJobs') control.polls++
    if (name === 'pollJobs' && waiting.length === 0) {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    switch (name) {
      case 'pollJobs':
        return {
          jobs: waiting.splice(0).map((job) => ({ ...job, lease: { token: 't', epoch: 1, expires_at: leaseEnd() } })),
        }
      case 'renewLease':
        return { lease: { expires_at: leaseEnd() }, cancel_requested: control.cancelRequested }
      case 'reportJobEvents':
        return { last_sequence: 0, cancel_requested: false }
      case 'completeJob':
        completions.push(body)
        if (control.refuses) throw new RadixError('LEASE_STALE', { job_id: 'job_1' }, { details: { http_status: 409 } })
    }
    return {}
  }
  let end: (how: ExecutionEnd) => void = () => {}
  const execution: Execution = {
    record: { executor: 'process', pid: 1, startTime: 'then' },
    software: {},
    ended: new Promise((resolve) => {
      end = resolve
    }),
    stop: () => end({ exitCode: null, signal: 'SIGTERM' }),
  }
  const executor: Executor = {
    name: 'process',
    async start() {
      control.started++
      return execution
    },
    attach: async () => undefined,
  }
  const stop = new AbortController()
  const exited = driveAgent(
    {
      client: { call } as unknown as ControlPlaneClient,
      clusterId: 'cl_1',
      stateDir,
      clock,
      logger: silentLogger,
      capabilities: {} as never,
      settings: { heartbeatIntervalMs: 15_000, unreachableExitMs: null },
      maxJobs: 1,
      pollWaitSeconds: 30,
      jobRunPorts: {
        client: { call } as unknown as ControlPlaneClient,
        clock,
        logger: silentLogger,
        executor,
        findEnvironment: async () => ({ python: 'python3', workloadDirectory: '/workloads' }),
        jobEnvironment: {},
        kernelLog: undefined,
      },
    },
    stop.signal,
  )
  /** Advances time until the condition holds, and returns by how much. */
  async function until(check: () => void | Promise<void>): Promise<number> {
    const startedMs = clock.monotonicMs()
    await vi.waitFor(
      async () => {
        await clock.advance(1000)
        await check()
      },
      { timeout: 20_000, interval: 5 },
    )
    return clock.monotonicMs() - startedMs
  }
  return { control, completions, until, end: (how: ExecutionEnd) => end(how), stop: () => stop.abort(EXIT), exited }
}

/** An agent with a running job, whose disk is full from now on. */
async function startJobOnFullDisk() {
  const agent = startAgent()
  await agent.until(() => expect(agent.control.started).toBe(1))
  disk.isFull = true
  return agent
}

it('reports a job that ends by itself, after waiting for space', async () => {
  const agent = await startJobOnFullDisk()
  agent.end({ exitCode: 3, signal: null })
  const waitedMs = await agent.until(() => expect(agent.completions).toHaveLength(1))
  expect(waitedMs).toBeGreaterThanOrEqual(AGENT_LIMITS.completionWrite.value)
  expect(agent.completions).toMatchObject([{ status: 'failed', error_code: 'WORKLOAD_FAILED', lease_token: 't' }])
  agent.stop()
  expect(await agent.exited).toEqual(EXIT)
})

it('reports a job that is cancelled', async () => {
  const agent = await startJobOnFullDisk()
  agent.control.cancelRequested = true
  await agent.until(() => expect(agent.completions).toHaveLength(1))
  expect(agent.completions).toMatchObject([{ status: 'cancelled', error_code: 'WORKLOAD_CANCELLED' }])
  agent.stop()
  expect(await agent.exited).toEqual(EXIT)
})

it('stops at SIGTERM without waiting for space, and reports its job first', async () => {
  const agent = await startJobOnFullDisk()
  agent.stop()
  const waitedMs = await agent.until(() => expect(agent.completions).toHaveLength(1))
  expect(waitedMs).toBeLessThan(AGENT_LIMITS.completionWrite.value)
  expect(agent.completions).toMatchObject([{ status: 'cancelled', error_code: 'WORKLOAD_CANCELLED' }])
  expect(await agent.exited).toEqual(EXIT)
})

it('stops at SIGTERM while it waits for space', async () => {
  const agent = await startJobOnFullDisk()
  agent.end({ exitCode: 3, signal: null })
  await agent.until(() => expect(disk.refused).toContain('completion.json'))
  agent.stop()
  await agent.until(() => expect(agent.completions).toMatchObject([{ status: 'failed' }]))
  expect(await agent.exited).toEqual(EXIT)
})

/** The files of a killed agent whose job has ended since. */
async function leaveJob(): Promise<void> {
  const record: JobRecord = {
    jobId: 'job_1',
    clusterId: 'cl_1',
    jobKind: 'resnet50_benchmark',
    leaseToken: 'earlier',
    timeoutAt: '2026-03-02T13:00:00Z',
    execution: { executor: 'process', pid: 1, startTime: 'then' },
    reported: { progress: 0, stdout: 0, stderr: 0 },
    lastSequence: 0,
  }
  await mkdir(join(stateDir, 'jobs', 'job_1', 'work'), { recursive: true })
  await writeFile(join(stateDir, 'jobs', 'job_1', 'record.json'), JSON.stringify(record))
}

it('resumes the job of an earlier agent after a restart, and reports its outcome', async () => {
  await leaveJob()
  disk.isFull = true
  const agent = startAgent([])
  await agent.until(() => expect(agent.completions).toHaveLength(1))
  expect(agent.completions).toMatchObject([{ status: 'lost', error_code: 'JOB_LOST', lease_token: 'earlier' }])
  // A reported result is deleted.
  await agent.until(async () => expect(await readdir(join(stateDir, 'jobs'))).toEqual([]))
  agent.stop()
  expect(await agent.exited).toEqual(EXIT)
})

it.each([
  ['reported', false],
  ['refused for good', true],
])('finishes a result that was %s when its folder cannot be removed', async (_, refuses) => {
  disk.cannotRemove = true
  const agent = await startJobOnFullDisk()
  agent.control.refuses = refuses
  agent.end({ exitCode: 3, signal: null })
  await agent.until(() => expect(agent.completions).toHaveLength(1))
  // It polls for the next job.
  await agent.until(() => expect(agent.control.polls).toBe(2))
  expect(agent.completions).toHaveLength(1)
  agent.stop()
  expect(await agent.exited).toEqual(EXIT)
})

it('starts when an unusable folder cannot be moved away either', async () => {
  await mkdir(join(stateDir, 'jobs', 'job_2', 'work'), { recursive: true })
  disk.cannotRemove = true
  const agent = startAgent()
  await agent.until(() => expect(agent.control.started).toBe(1))
  agent.stop()
  expect(await agent.exited).toEqual(EXIT)
})
