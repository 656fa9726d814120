import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dependencies } from './dependencies.mjs'
import { Failure } from './errors.mjs'
import { fakeHost, temporaryFolder, writeProgram } from './fake-host.ts'

const FASTIFY = { 'node_modules/fastify': { version: '5.0.0' } }
const NATIVE = {
  'node_modules/native': { version: '1.0.0', optional: true, os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
}
const FOR_OTHERS = {
  'node_modules/mac': { version: '1.0.0', optional: true, os: ['darwin'] },
  'node_modules/wasm': { version: '1.0.0', optional: true, cpu: ['wasm32'] },
  'node_modules/helper': { version: '1.0.0', optional: true },
}

interface FakeClone {
  wanted?: object
  /** What npm installs, unless it throws. */
  installs?: object
  npm?: () => void
}

function setUpClone({ wanted = FASTIFY, installs = wanted, npm = () => {} }: FakeClone = {}) {
  const root = temporaryFolder()
  writeProgram(join(root, 'bin', 'npm'))
  writeLock(root, wanted)
  const host = fakeHost(
    () => {
      npm()
      installByNpm(root, installs)
      return ''
    },
    { root, nodeVersion: '24.1.0' },
  )
  return { root, host }
}

function installByNpm(root: string, packages: object) {
  for (const path of Object.keys(packages)) {
    mkdirSync(join(root, path), { recursive: true })
    writeFileSync(join(root, path, 'package.json'), '{}')
  }
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }))
}

function writeLock(root: string, packages: object) {
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...packages } }))
}

test('are installed once for one package-lock.json, and npm gives up on a registry within seconds', async () => {
  const { host } = setUpClone()
  expect(dependencies.check(host)).toBeUndefined()
  await dependencies.provide(host)
  expect(host.ran[0]).toMatch(/^npm ci --include=dev .*--fetch-retries=2 .*--fetch-retry-maxtimeout=5000/)
  expect(dependencies.check(host)).toEqual({})
})

test('that were installed by hand and match are not installed again', () => {
  const { root, host } = setUpClone({ wanted: { ...FASTIFY, ...NATIVE, ...FOR_OTHERS } })
  installByNpm(root, { ...FASTIFY, ...NATIVE })
  expect(dependencies.check(host)).toEqual({})
})

test('are missing again when package-lock.json changes, one of them goes, or the platform is another', async () => {
  const { root, host } = setUpClone({
    wanted: { ...FASTIFY, ...NATIVE, ...FOR_OTHERS },
    installs: { ...FASTIFY, ...NATIVE },
  })
  await dependencies.provide(host)
  expect(dependencies.check(host)).toEqual({})
  expect(dependencies.check({ ...host, platform: 'darwin' })).toBeUndefined()
  writeLock(root, { 'node_modules/fastify': { version: '5.0.1' } })
  expect(dependencies.check(host)).toBeUndefined()
  writeLock(root, FASTIFY)
  rmSync(join(root, 'node_modules', 'fastify'), { recursive: true })
  expect(dependencies.check(host)).toBeUndefined()
})

test('that npm left out without an error are an error', async () => {
  const { host } = setUpClone({ wanted: { ...FASTIFY, ...NATIVE }, installs: FASTIFY })
  await expect(dependencies.provide(host)).rejects.toMatchObject({
    code: 'SETUP_DEPENDENCIES_UNUSABLE',
    text: expect.stringContaining('left out node_modules/native'),
  })
  expect(dependencies.check(host)).toBeUndefined()
})

test.each([undefined, '{"packages":', '{}'])('are missing where package-lock.json is %j', async (text) => {
  const { root, host } = setUpClone()
  await dependencies.provide(host)
  if (text === undefined) rmSync(join(root, 'package-lock.json'))
  else writeFileSync(join(root, 'package-lock.json'), text)
  expect(dependencies.check(host)).toBeUndefined()
})

test('a package-lock.json that is newer but equal does not send the launcher to the set-up again', async () => {
  const { root, host } = setUpClone()
  await dependencies.provide(host)
  const record = join(root, 'node_modules', '.package-lock.json')
  utimesSync(record, 1, 1)
  dependencies.check(host)
  await expect.poll(() => statSync(record).mtimeMs).toBeGreaterThan(1000)
  expect(JSON.parse(readFileSync(record, 'utf8'))).toEqual({ packages: FASTIFY })
})

test("a failure shows npm's reason and is not repeated", async () => {
  const { host } = setUpClone({
    npm: () => {
      throw new Failure('npm error code EUSAGE')
    },
  })
  await expect(dependencies.provide(host)).rejects.toMatchObject({
    code: 'SETUP_DEPENDENCIES_FAILED',
    text: expect.stringContaining('npm error code EUSAGE'),
  })
  expect(dependencies.check(host)).toBeUndefined()
  expect(host.ran).toHaveLength(1)
})

test('an orphaned npm that still writes is outlasted by a second attempt', async () => {
  let attempts = 0
  const { host } = setUpClone({
    npm: () => {
      if (++attempts === 1) throw new Failure('npm error code ENOTEMPTY')
    },
  })
  await dependencies.provide(host)
  expect(dependencies.check(host)).toEqual({})
})

test('every package has a strong digest, so that the registry cannot hand out another', () => {
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8'))
  const packages: [string, { integrity?: string }][] = Object.entries(lock.packages)
  expect(packages.length).toBeGreaterThan(100)
  const unproven = packages.filter(([path, { integrity }]) => path !== '' && !integrity?.startsWith('sha512-'))
  expect(unproven.map(([path]) => path)).toEqual([])
})
