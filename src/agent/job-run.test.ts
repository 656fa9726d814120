/** Jobs with bad results or a full disk, with real files and an executor that only writes the result. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ControlPlaneClient } from '../contract/client.ts'
import type { LeasedJob } from '../contract/schemas/job.ts'
import type { Clock } from '../core/clock.ts'
import { AGENT_LIMITS } from '../core/limits/agent.ts'
import { silentLogger } from '../core/logger.ts'
import { RadixError } from '../errors/radix-error.ts'
import { type JobDirectory, openJobDirectory } from './job-directory.ts'
import { startJob } from './job-run.ts'

const JOB: LeasedJob = {
  job_id: 'job_1',
  cluster_id: 'cl_1',
  job_kind: 'resnet50_benchmark',
  params: {},
  timeout_seconds: 60,
  lease: { token: 'token', epoch: 1, expires_at: '2026-01-01T00:00:30Z' },
}

let stateDir: string
let directory: JobDirectory
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'radix-job-'))
  directory = await openJobDirectory(stateDir, JOB.job_id)
})
afterEach(() => rm(stateDir, { recursive: true }))

/** Runs a job that writes these files to its folder and ends at once. */
async function run(files: Record<string, string>, exitCode = 0) {
  let nowMs = 0
  const clock: Clock = {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
  const unreachable = async () => {
    throw new RadixError('API_UNREACHABLE', { api_base: 'http://127.0.0.1:1', reason: 'refused' })
  }
  return startJob(JOB, directory, {
    client: { call: unreachable } as unknown as ControlPlaneClient,
    clock,
    logger: silentLogger,
    executor: {
      name: 'process',
      async start() {
        for (const [name, text] of Object.entries(files)) await writeFile(join(directory.workPath, name), text)
        const ended = Promise.resolve({ exitCode, signal: null })
        return { record: { executor: 'process', pid: 1, startTime: 'then' }, software: {}, ended, stop() {} }
      },
      attach: async () => undefined,
    },
    findEnvironment: async () => ({ python: 'python3', workloadDirectory: '/workloads' }),
    jobEnvironment: {},
    kernelLog: undefined,
    onCancelRequested() {},
    onLeaseRefused() {},
  }).concluded
}

const diskFull = () => {
  throw new RadixError('DISK_FULL', { path: 'completion.json' })
}

it.each([
  ['nested too deep', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, 'nested more than 64 levels'],
  ['too large', ' '.repeat(AGENT_LIMITS.resultBytes.value + 1), '3145729 bytes; 3145728 are allowed'],
])('ends with the reason when the result is %s', async (_, text, reason) => {
  const completion = await run({ 'result.json': text })
  expect(completion).toMatchObject({ status: 'failed', error_code: 'JOB_RESULT_INVALID' })
  expect(completion.error_message).toContain(reason)
  expect(await directory.readCompletion()).toEqual(completion)
})

it.each([
  ['a folder', 'mkdir result.json', 'not a regular file'],
  ['a link', 'ln -s /etc/passwd result.json', 'not a regular file'],
  ['a pipe', 'mkfifo result.json', 'not a regular file'],
  ['far too large', 'truncate -s 10G result.json', '10737418240 bytes; 3145728 are allowed'],
  ['missing', 'true', 'The workload wrote no result.'],
])('ends with the reason when the result is %s', async (_, script, reason) => {
  execFileSync('sh', ['-c', script], { cwd: directory.workPath })
  const completion = await run({})
  expect(completion).toMatchObject({ status: 'failed', error_code: 'JOB_RESULT_INVALID' })
  expect(completion.error_message).toContain(reason)
})

it('removes a folder that is deeper than the longest path', async () => {
  const nest = 'import os\nfor _ in range(500): os.mkdir("a" * 10); os.chdir("a" * 10)'
  execFileSync('python3', ['-c', nest], { cwd: directory.workPath })
  await directory.makeRoom()
  expect(await readdir(directory.workPath)).toEqual([])
  execFileSync('python3', ['-c', nest], { cwd: directory.workPath })
  await directory.remove()
  expect(await readdir(join(stateDir, 'jobs'))).toEqual([])
})

it('ends with the reason when the report cannot be serialised', async () => {
  const { writeCompletion } = directory
  let attempts = 0
  directory.writeCompletion = async (completion) => {
    attempts += 1
    if (attempts === 1) throw new RangeError('Maximum call stack size exceeded')
    await writeCompletion(completion)
  }
  const completion = await run({})
  expect(completion).toMatchObject({ status: 'failed', error_code: 'JOB_RESULT_INVALID' })
  expect(completion.error_message).toContain('Maximum call stack size exceeded')
  expect(await directory.readCompletion()).toEqual(completion)
})

it('removes the job’s files when the disk is full, but not its result', async () => {
  const { writeCompletion } = directory
  directory.writeCompletion = async (completion) => {
    if ((await readdir(directory.workPath)).includes('checkpoint.bin')) diskFull()
    await writeCompletion(completion)
  }
  const error = { code: 'WORKLOAD_FAILED', message: 'the training stopped' }
  const files = { 'checkpoint.bin': 'large', 'result.json': JSON.stringify({ status: 'failed', error }) }
  expect((await run(files, 1)).error_message).toBe('the training stopped')
  expect(await readdir(directory.workPath)).toEqual(['result.json'])
  expect(await directory.readCompletion()).toMatchObject({ error_message: 'the training stopped' })
})

it('gives up on a disk that stays full, with the result in memory', async () => {
  directory.writeCompletion = async () => diskFull()
  expect(await run({}, 3)).toMatchObject({ status: 'failed', error_code: 'WORKLOAD_FAILED' })
})

it('gives up on a result that cannot be written, instead of retrying for ever', async () => {
  let attempts = 0
  directory.writeCompletion = async () => {
    attempts += 1
    if (attempts > 5) return
    throw new RangeError('Maximum call stack size exceeded')
  }
  expect(await run({})).toMatchObject({ status: 'failed', error_code: 'JOB_RESULT_INVALID' })
  expect(attempts).toBe(2)
})

it('keeps the job’s files when the disk cannot be written but is not full', async () => {
  directory.writeCompletion = async () => {
    throw new RadixError('FILE_NOT_WRITABLE', { path: 'completion.json', reason: 'EROFS', remedy: 'Choose another.' })
  }
  await run({ 'checkpoint.bin': 'large' }, 3)
  expect(await readdir(directory.workPath)).toEqual(['checkpoint.bin'])
})
