import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Need } from './commands.mjs'
import { fakeSystem, temporaryFolder } from './fake-system.ts'
import { ensure } from './setup.mjs'

function fakeNeed(provided: boolean[] = []): Need {
  const environment = { FOUND: 'yes' }
  return {
    check: () => (provided.length > 0 ? environment : undefined),
    provide: async () => {
      provided.push(true)
      return environment
    },
  }
}

function lockOf(root: string, owner: string) {
  const lock = join(root, '.radix', 'setup.lock')
  mkdirSync(lock, { recursive: true })
  writeFileSync(join(lock, 'owner'), owner)
  return lock
}

test('says and writes nothing when nothing is missing', async () => {
  const place = { root: temporaryFolder(), system: fakeSystem() }
  expect(await ensure([fakeNeed([true])], place)).toEqual({ FOUND: 'yes' })
  expect([place.system.said, readdirSync(place.root)]).toEqual([[], []])
})

test('provides what is missing and gives the lock back', async () => {
  const place = { root: temporaryFolder(), system: fakeSystem() }
  expect(await ensure([fakeNeed()], place)).toEqual({ FOUND: 'yes' })
  expect(readdirSync(join(place.root, '.radix'))).toEqual([])
})

test.each(['win32', 'freebsd'])('refuses %s', async (platform) => {
  const place = { root: temporaryFolder(), system: fakeSystem(undefined, { platform }) }
  await expect(ensure([fakeNeed()], place)).rejects.toMatchObject({ code: 'SETUP_UNSUPPORTED_PLATFORM' })
})

test('takes over the lock of a process that is gone, and of an owner elsewhere that has gone silent', async () => {
  const gone = spawnSync('true').pid
  const root = temporaryFolder()
  lockOf(root, `${gone} ${hostname()}`)
  await ensure([fakeNeed()], { root, system: fakeSystem() })

  utimesSync(lockOf(root, '1 another-host'), 1, 1)
  await ensure([fakeNeed()], { root, system: fakeSystem() })
  expect(existsSync(join(root, '.radix', 'setup.lock'))).toBe(false)
})

test('waits for a live owner, then finds the work done', async () => {
  const root = temporaryFolder()
  const lock = lockOf(root, `${process.ppid} ${hostname()}`)
  const provided: boolean[] = []
  const system = fakeSystem()
  let waits = 0
  system.wait = async () => {
    waits++
    if (waits < 3) return
    provided.push(true)
    rmSync(lock, { recursive: true })
  }
  await ensure([fakeNeed(provided)], { root, system })
  expect([provided, system.said]).toEqual([[true], ['Waiting for another set-up of this clone…']])
})
