import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Logger, silentLogger } from '../core/logger.ts'
import { RadixError } from '../errors/radix-error.ts'
import { type JobDirectory, openJobDirectory } from './job-directory.ts'
import type { Completion } from './job-kinds/job-kind.ts'
import { rejectJob } from './reject-job.ts'

const COMPLETION: Completion = {
  status: 'failed',
  error_code: 'WORKLOAD_FAILED',
  error_message: 'the training stopped',
}
const WHY = { message: 'refused', job_id: 'job_1' }

let stateDir: string
let directory: JobDirectory
let logged: string[]
const logger: Logger = { ...silentLogger, error: (_, message) => void logged.push(message) }
beforeEach(async () => {
  logged = []
  stateDir = await mkdtemp(join(tmpdir(), 'radix-reject-'))
  directory = await openJobDirectory(stateDir, 'job_1')
})
afterEach(() => rm(stateDir, { recursive: true }))

const readRejected = async () =>
  JSON.parse(await readFile(join(stateDir, 'rejected', 'job_1', 'completion.json'), 'utf8'))

it('stores a result that was only in memory because the disk had been full', async () => {
  await rejectJob(directory, COMPLETION, logger, WHY)
  expect(await readRejected()).toEqual(COMPLETION)
  expect(logged).toEqual(['refused; the result is kept in rejected/'])
})

it('keeps a result on the disk unchanged', async () => {
  await directory.writeCompletion(COMPLETION)
  await rejectJob(directory, undefined, logger, WHY)
  expect(await readRejected()).toEqual(COMPLETION)
  expect(logged).toEqual(['refused; the result is kept in rejected/'])
})

it('does not report a result as stored that it cannot write', async () => {
  directory.writeCompletion = async () => {
    throw new RadixError('DISK_FULL', { path: 'completion.json' })
  }
  await rejectJob(directory, COMPLETION, logger, WHY)
  expect(logged).toEqual(['refused; the result could not be kept'])
})
