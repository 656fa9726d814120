/** The single executable: one file that brings Node, the program and PostgreSQL. Making it takes minutes: full tests only. */
import { execFile } from 'node:child_process'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildExecutable } from '../tools/executable/build-executable.ts'
import { isFullRun } from './support/full-run.ts'
import { expectNothingLeft } from './support/nothing-left.ts'
import { Sandbox } from './support/sandbox.ts'

const MINUTE_MS = 60_000
const RUN = [
  'bench', 'run', '--quick', '--json', '--steps-per-epoch', '1', '--warmup-steps', '0', '--batch-size', '2', '--image-size', '32',
] // biome-ignore format: one option after the other

describe.runIf(isFullRun)('the executable', () => {
  let sandbox: Sandbox
  let executable: string
  let files: string
  /** No Node, no npm: only what the system has for its own programs, and the Python of the workload. */
  const env = () => ({ PATH: join(sandbox.directory, 'bin'), XDG_CACHE_HOME: join(sandbox.directory, 'cache') })
  beforeAll(async () => {
    sandbox = await Sandbox.create()
    executable = await buildExecutable(join(sandbox.directory, 'executable'))
    sandbox.program = [executable]
    await mkdir(join(sandbox.directory, 'bin'))
    for (const name of ['sh', 'head', 'seq', 'sleep', 'rm', 'useradd', 'prlimit']) {
      await run('ln', ['--symbolic', `/usr/bin/${name}`, join(sandbox.directory, 'bin', name)])
    }
    files = join(sandbox.directory, 'cache', 'radix')
  }, 10 * MINUTE_MS)
  afterAll(() => sandbox.remove())

  it('has the checksum that lies beside it', async () => {
    const argv = ['--check', `${basename(executable)}.sha256`]
    await expect(run('sha256sum', argv, { cwd: join(executable, '..') })).resolves.toBeDefined()
  })

  it('unpacks its files once, and again when one of them is gone', async () => {
    const version = /^\d+\.\d+\.\d+ \(commit [0-9a-f]{12}\)$/
    const both = await Promise.all([sandbox.output(['--version'], env()), sandbox.output(['--version'], env())])
    for (const each of both) expect(each).toMatch(version)
    const [folder = '', ...others] = await readdir(files)
    expect(others).toEqual([])
    await rm(join(files, folder, 'package.json'))
    expect(await sandbox.output(['--version'], env())).toMatch(version)
  })

  it('takes a benchmark to evidence that is verified, and leaves nothing', async () => {
    const { can_run, checks } = JSON.parse(await sandbox.output(['doctor', '--json'], env()))
    expect(can_run, JSON.stringify(checks)).toBe(true)
    const outcome = JSON.parse(await sandbox.output(RUN, env()))
    expect(outcome).toMatchObject({ status: 'succeeded', termination: { confirmed: true } })
    const verified = JSON.parse(await sandbox.output(['evidence', 'verify', outcome.evidence_path, '--json'], env()))
    expect(verified).toMatchObject({ state: 'valid' })
    await expectNothingLeft(sandbox)
  })
})

const run = promisify(execFile)
