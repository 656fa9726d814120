/** The set-up of a clone: behind a dead proxy, twice at the same moment, and with a part gone. */
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

/** A clone that needs one package: optional, and only on this platform, as the native parts of the tools are. */
async function needPackage(name: string, postinstall = ''): Promise<void> {
  const version = '1.0.0'
  const platform = { os: [process.platform], cpu: [process.arch] }
  const scripts = { postinstall: 'node postinstall.cjs' }
  await mkdir(join(clone, name))
  await writeFile(join(clone, name, 'package.json'), JSON.stringify({ name, version, scripts, ...platform }))
  await writeFile(join(clone, name, 'postinstall.cjs'), postinstall)
  await run('npm', ['pack', `./${name}`], { cwd: clone, env })
  const resolved = `file:${name}-${version}.tgz`
  const root = { name: 'clone', version, optionalDependencies: { [name]: resolved } }
  await writeFile(join(clone, 'package.json'), JSON.stringify(root))
  const locked = { version, resolved, hasInstallScript: true, optional: true, ...platform }
  const packages = { '': root, [`node_modules/${name}`]: locked }
  const lock = { name: 'clone', version, lockfileVersion: 3, requires: true, packages }
  await writeFile(join(clone, 'package-lock.json'), JSON.stringify(lock))
}

function begin() {
  const argv = ['tools/setup/main.mjs', 'exec', process.execPath, '-e', 'console.log("it runs")']
  return run(process.execPath, argv, { cwd: clone, env, timeout: TIMEOUT_MS })
}

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

  beforeEach(() => needPackage('slow', postinstall()))

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

it('a native part that is gone is installed again', async () => {
  await needPackage('native')
  const part = join(clone, 'node_modules', 'native')
  await begin()
  await rm(part, { recursive: true })
  const { stdout } = await begin()
  expect(stdout).toContain('it runs')
  expect(existsSync(join(part, 'package.json'))).toBe(true)
})
