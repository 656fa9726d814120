import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dependencies } from './dependencies.mjs'
import { fakeSystem, temporaryFolder, writeProgram } from './fake-system.ts'

const LOCK = { packages: { '': {}, 'node_modules/fastify': { version: '5.0.0' } } }

function setUpClone(npm: () => { ok: boolean; output: string } = () => ({ ok: true, output: '' })) {
  const root = temporaryFolder()
  writeProgram(join(root, 'bin', 'npm'))
  writeLock(root, LOCK)
  const system = fakeSystem(
    () => {
      mkdirSync(join(root, 'node_modules'), { recursive: true })
      return npm()
    },
    { env: { PATH: join(root, 'bin') } },
  )
  return { root, system }
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
  writeLock(root, { packages: { 'node_modules/fastify': { version: '5.0.1' } } })
  expect(dependencies.check({ root, system })).toBeUndefined()
  writeLock(root, LOCK)
  expect(dependencies.check({ root, system })).toEqual({})
  rmSync(join(root, 'node_modules'), { recursive: true })
  expect(dependencies.check({ root, system })).toBeUndefined()
})

test('that were installed by hand and match are not installed again', () => {
  const mac = { version: '1.0.0', optional: true, os: ['darwin'] }
  const { root, system } = setUpClone()
  writeLock(root, { packages: { ...LOCK.packages, 'node_modules/for-mac': mac } })
  writeLock(root, { packages: { 'node_modules/fastify': { version: '4.9.9' } } }, 'node_modules/.package-lock.json')
  expect(dependencies.check({ root, system })).toBeUndefined()
  writeLock(root, LOCK, 'node_modules/.package-lock.json')
  expect(dependencies.check({ root, system: { ...system, platform: 'darwin' } })).toBeUndefined()
  expect(dependencies.check({ root, system })).toEqual({})
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
