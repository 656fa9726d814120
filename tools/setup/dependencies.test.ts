import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dependencies } from './dependencies.mjs'
import { fakeSystem, temporaryFolder, writeProgram } from './fake-system.ts'

const LOCK = { packages: { '': { dependencies: { fastify: '5.0.0' } }, 'node_modules/fastify': { version: '5.0.0' } } }

function setUpClone(npm: () => { ok: boolean; output: string } = () => ({ ok: true, output: '' })) {
  const root = temporaryFolder()
  writeProgram(join(root, 'bin', 'npm'))
  writeLock(root, LOCK)
  const system = fakeSystem(
    (argv) => {
      if (!argv.includes('ci')) return { ok: true }
      const outcome = npm()
      if (outcome.ok) writePackage(root, 'fastify')
      return outcome
    },
    { env: { PATH: join(root, 'bin') }, nodeVersion: '24.1.0' },
  )
  return { root, system }
}

function writePackage(root: string, name: string, description: object = {}) {
  mkdirSync(join(root, 'node_modules', name), { recursive: true })
  writeFileSync(join(root, 'node_modules', name, 'package.json'), JSON.stringify(description))
}

function writeLock(root: string, lock: object, file = 'package-lock.json') {
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  writeFileSync(join(root, file), JSON.stringify(lock))
}

test('are installed once for one package-lock.json', async () => {
  const { root, system } = setUpClone()
  expect(dependencies.check({ root, system })).toBeUndefined()
  await dependencies.provide({ root, system })
  expect(system.ran[0]).toMatch(/npm ci --include=dev/)
  expect(dependencies.check({ root, system })).toEqual({})
})

test('are missing again when package-lock.json changes, node_modules goes, or the platform is another', async () => {
  const { root, system } = setUpClone()
  await dependencies.provide({ root, system })
  expect(dependencies.check({ root, system: { ...system, platform: 'darwin' } })).toBeUndefined()
  writeLock(root, { packages: { ...LOCK.packages, 'node_modules/fastify': { version: '5.0.1' } } })
  expect(dependencies.check({ root, system })).toBeUndefined()
  writeLock(root, LOCK)
  expect(dependencies.check({ root, system })).toEqual({})
  rmSync(join(root, 'node_modules'), { recursive: true })
  expect(dependencies.check({ root, system })).toBeUndefined()
})

test('that were installed by hand and match are not installed again', () => {
  const { root, system } = setUpClone()
  const root_ = { dependencies: { fastify: '5.0.0' }, optionalDependencies: { mac: '1', wasm: '1' } }
  const forMac = { version: '1.0.0', optional: true, os: ['darwin'] }
  const forWasm = { version: '1.0.0', optional: true, cpu: ['wasm32'], dependencies: { helper: '1' } }
  const helper = { version: '1.0.0', optional: true }
  const others = { 'node_modules/mac': forMac, 'node_modules/wasm': forWasm, 'node_modules/helper': helper }
  writeLock(root, { packages: { ...LOCK.packages, '': root_, ...others } })
  writePackage(root, 'fastify')
  writeLock(root, { packages: { 'node_modules/fastify': { version: '4.9.9' } } }, 'node_modules/.package-lock.json')
  expect(dependencies.check({ root, system })).toBeUndefined()
  writeLock(root, LOCK, 'node_modules/.package-lock.json')
  expect(dependencies.check({ root, system: { ...system, platform: 'darwin' } })).toBeUndefined()
  expect(dependencies.check({ root, system })).toEqual({})
})

test('that were stamped but have lost a package are installed again', async () => {
  const { root, system } = setUpClone()
  await dependencies.provide({ root, system })
  rmSync(join(root, 'node_modules', 'fastify'), { recursive: true })
  expect(dependencies.check({ root, system })).toBeUndefined()
})

test('on an older Node they are installed by npm 11 on Node 24, and the native modules are loaded', async () => {
  const { root, system } = setUpClone()
  const native = { version: '1.0.0', optional: true, os: ['linux'], cpu: ['x64'], libc: ['glibc'] }
  const root_ = { dependencies: { fastify: '5.0.0' }, optionalDependencies: { native: '1' } }
  writeLock(root, { packages: { ...LOCK.packages, '': root_, 'node_modules/native': native } })
  const onOldNode = { ...system, nodeVersion: '18.20.4' }
  writeProgram(join(root, '.radix', 'npm', 'bin', 'npm-cli.js'))
  writeFileSync(join(root, '.radix', 'node-path'), '/clone/.radix/node/bin/node\n')
  // npm reports success without the optional package.
  await expect(dependencies.provide({ root, system: onOldNode })).rejects.toMatchObject({
    code: 'SETUP_DEPENDENCIES_UNUSABLE',
    details: { reason: expect.stringContaining('node_modules/native') },
  })
  expect(dependencies.check({ root, system })).toBeUndefined()
  writePackage(root, 'native', { main: 'native.node' })
  await dependencies.provide({ root, system: onOldNode })
  expect(system.ran.at(-2)).toMatch(/^\/clone\/.radix\/node\/bin\/node \S+\/.radix\/npm\/bin\/npm-cli.js ci /)
  expect(system.ran.at(-1)).toMatch(/^\/clone\/.radix\/node\/bin\/node -e .*native\.node$/)
})

test.each([
  ['npm error connect ECONNREFUSED 127.0.0.1:9', 'SETUP_REGISTRY_UNREACHABLE'],
  ['npm error code E403\nnpm error 403 Forbidden', 'SETUP_REGISTRY_UNREACHABLE'],
  ['npm error code EUSAGE', 'SETUP_DEPENDENCIES_FAILED'],
])('%j is %s', async (output, code) => {
  const { root, system } = setUpClone(() => ({ ok: false, output }))
  await expect(dependencies.provide({ root, system })).rejects.toMatchObject({ code })
})

test('npm gives up on a registry within seconds, and in any case', async () => {
  const { root, system } = setUpClone()
  await dependencies.provide({ root, system })
  expect(system.ran[0]).toContain('--fetch-retries=2 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000')
})

test.each([undefined, '{"packages":', '{}'])('a package-lock.json that is %j has an error of its own', (text) => {
  const { root, system } = setUpClone()
  if (text === undefined) rmSync(join(root, 'package-lock.json'))
  else writeFileSync(join(root, 'package-lock.json'), text)
  expect(() => dependencies.check({ root, system })).toThrow(/SETUP_LOCK_FILE_UNUSABLE/)
})

test('a package-lock.json that is newer but equal does not send the launcher to the set-up again', async () => {
  const { root, system } = setUpClone()
  await dependencies.provide({ root, system })
  const stamp = join(root, 'node_modules', '.radix-installed')
  utimesSync(stamp, 1, 1)
  dependencies.check({ root, system })
  expect(statSync(stamp).mtimeMs).toBeGreaterThanOrEqual(statSync(join(root, 'package-lock.json')).mtimeMs)
})

test("a failure shows npm's reason, leaves no stamp, and is not repeated", async () => {
  const { root, system } = setUpClone(() => ({ ok: false, output: 'npm error code EUSAGE' }))
  await expect(dependencies.provide({ root, system })).rejects.toMatchObject({
    code: 'SETUP_DEPENDENCIES_FAILED',
    details: { reason: 'npm error code EUSAGE' },
  })
  expect(dependencies.check({ root, system })).toBeUndefined()
  expect(system.ran).toHaveLength(1)
})

test('an orphaned npm that still writes is outlasted by a second attempt', async () => {
  const answers = [
    { ok: false, output: 'npm error code ENOTEMPTY' },
    { ok: true, output: '' },
  ]
  const { root, system } = setUpClone(() => answers.shift() ?? { ok: false, output: '' })
  await dependencies.provide({ root, system })
  expect(dependencies.check({ root, system })).toEqual({})
})
