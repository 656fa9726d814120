/** `npm start` where it does not go smoothly: behind a proxy that is dead, and twice at once on one clone. */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { expectNothingLeft } from './support/nothing-left.ts'
import { Sandbox } from './support/sandbox.ts'
import { createStandInWorkload } from './support/stand-in-workload.ts'

const ROOT = join(import.meta.dirname, '..')
const DEAD_PROXY = 'http://127.0.0.1:9'
const run = promisify(execFile)

it('ends within seconds with the reason of the network, behind a proxy that is dead', async () => {
  const clone = await mkdtemp(join(tmpdir(), 'radix-clone-'))
  try {
    await mkdir(join(clone, 'tools'))
    for (const path of ['package.json', 'package-lock.json', 'tools/setup'])
      await cp(join(ROOT, path), join(clone, path), { recursive: true })
    const env = {
      PATH: process.env.PATH,
      HOME: clone,
      npm_config_cache: join(clone, 'cache'),
      npm_config_proxy: DEAD_PROXY,
      npm_config_https_proxy: DEAD_PROXY,
    }
    const ended = run('npm', ['start'], { cwd: clone, env, timeout: 90_000 })
    await expect(ended).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('ECONNREFUSED 127.0.0.1:9') })
    await expect(ended).rejects.toMatchObject({ stderr: expect.stringContaining('SETUP_REGISTRY_UNREACHABLE') })
  } finally {
    await rm(clone, { recursive: true })
  }
})

it('ends well twice at once, on one clone and one data directory', async () => {
  const sandbox = await Sandbox.create()
  try {
    const { path } = await createStandInWorkload(sandbox.directory, { waits: false })
    const start = () => sandbox.run(['start', '--no-stay', '--output-dir', sandbox.directory], { RADIX_PYTHON: path })
    for (const { exitCode, stderr } of await Promise.all([start(), start()])) expect(exitCode, stderr).toBe(0)
    await expectNothingLeft(sandbox)
  } finally {
    await sandbox.remove()
  }
})
