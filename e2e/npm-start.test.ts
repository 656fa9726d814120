/** `npm start` behind a proxy that is dead. */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

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
