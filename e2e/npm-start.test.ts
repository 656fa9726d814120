/** `npm start` before anything is installed: behind a dead proxy, and twice at the same moment. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const DEAD_PROXY = 'http://127.0.0.1:9'
const TIMEOUT_MS = 90_000
const run = promisify(execFile)

let clone: string
let env: Record<string, string | undefined>
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'radix-clone-'))
  await mkdir(join(clone, 'tools'))
  for (const path of ['package.json', 'package-lock.json', 'tools/setup'])
    await cp(join(ROOT, path), join(clone, path), { recursive: true })
  env = {
    PATH: process.env.PATH,
    HOME: clone,
    npm_config_cache: join(clone, 'cache'),
    npm_config_proxy: DEAD_PROXY,
    npm_config_https_proxy: DEAD_PROXY,
  }
})
afterEach(() => rm(clone, { recursive: true, maxRetries: 5 }))

it('fails quickly with the network error behind a dead proxy', async () => {
  const ended = run('npm', ['start'], { cwd: clone, env, timeout: TIMEOUT_MS })
  await expect(ended).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('ECONNREFUSED 127.0.0.1:9') })
  await expect(ended).rejects.toMatchObject({ stderr: expect.stringContaining('SETUP_REGISTRY_UNREACHABLE') })
})

describe('two set-ups of a clone at the same moment', () => {
  /** A package whose installation waits for the test, as for a download. */
  const postinstall = () => `const fs = require('fs')
fs.writeFileSync('${join(clone, 'begun')}', '')
const ends = () => fs.existsSync('${join(clone, 'released')}') || !fs.existsSync('${clone}')
setInterval(() => ends() && process.exit(0), 20)`

  beforeEach(async () => {
    const names = { name: 'slow', version: '1.0.0' }
    await mkdir(join(clone, 'slow'))
    const scripts = { postinstall: 'node postinstall.cjs' }
    await writeFile(join(clone, 'slow', 'package.json'), JSON.stringify({ ...names, scripts }))
    await writeFile(join(clone, 'slow', 'postinstall.cjs'), postinstall())
    await run('npm', ['pack', './slow'], { cwd: clone, env })
    const dependencies = { slow: 'file:slow-1.0.0.tgz' }
    const root = { name: 'clone', version: '1.0.0', dependencies }
    await writeFile(join(clone, 'package.json'), JSON.stringify(root))
    const slow = { version: '1.0.0', resolved: 'file:slow-1.0.0.tgz', hasInstallScript: true }
    const packages = { '': root, 'node_modules/slow': slow }
    const lock = { name: 'clone', version: '1.0.0', lockfileVersion: 3, requires: true, packages }
    await writeFile(join(clone, 'package-lock.json'), JSON.stringify(lock))
  })

  const begin = () => {
    const argv = ['tools/setup/main.mjs', 'exec', process.execPath, '-e', 'console.log("it runs")']
    return run(process.execPath, argv, { cwd: clone, env, timeout: TIMEOUT_MS })
  }
  const untilInstalling = () => expect.poll(() => existsSync(join(clone, 'begun')), { timeout: TIMEOUT_MS }).toBe(true)
  const release = () => writeFile(join(clone, 'released'), '')

  it('both run their command, and one of them installs', async () => {
    const both = [begin(), begin()]
    for (const each of both) each.catch(() => {}) // awaited below
    await untilInstalling()
    await release()
    const ended = await Promise.all(both)
    for (const { stdout } of ended) expect(stdout).toContain('it runs')
    const said = ended.map(({ stdout, stderr }) => stdout + stderr).join('')
    expect(said.match(/Installing the dependencies/g)).toHaveLength(1)
  })

  it('the second installs when the first is killed meanwhile', async () => {
    const first = begin()
    first.catch(() => {}) // it is killed
    await untilInstalling()
    const second = begin()
    const waits = once(second.child.stderr ?? second.child, 'data')
    await Promise.race([waits, second])
    first.child.kill('SIGKILL')
    await expect(first).rejects.toMatchObject({ signal: 'SIGKILL' })
    await release()
    expect((await second).stdout).toContain('it runs')
  })
})
