import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SetupError } from './errors.mjs'
import { fakeHost } from './fake-host.ts'
import { ensure, type Step } from './setup.mjs'

function fakeStep(provided: boolean[] = []): Step {
  return {
    check: () => (provided.length > 0 ? { FOUND: 'yes' } : undefined),
    provide: async () => void provided.push(true),
  }
}

function lockOf(root: string) {
  const lock = join(root, '.radix', 'setup.lock')
  mkdirSync(lock, { recursive: true })
  return lock
}

test('says and writes nothing when nothing is missing', async () => {
  const host = fakeHost()
  await ensure([fakeStep([true])], host)
  expect(host.env).toHaveProperty('FOUND', 'yes')
  expect([host.said, readdirSync(host.root)]).toEqual([[], []])
})

test('provides what is missing and gives the lock back', async () => {
  const host = fakeHost()
  await ensure([fakeStep()], host)
  expect(host.env).toHaveProperty('FOUND', 'yes')
  expect(readdirSync(join(host.root, '.radix'))).toEqual([])
})

test('goes on without what the command can do without, and says why', async () => {
  const host = fakeHost()
  const provide = async () => {
    throw new SetupError('SETUP_FAILED', { title: 'It failed', why: 'No network', fix: [] })
  }
  await ensure([{ ...fakeStep(), provide, withoutIt: 'no pages.' }], host)
  expect(host.said.join('\n')).toMatch(/SETUP_FAILED.*No network.*Going on without it: no pages\./s)
  await expect(ensure([{ ...fakeStep(), provide }], host)).rejects.toThrow('SETUP_FAILED')
  expect(readdirSync(join(host.root, '.radix'))).toEqual([])
})

test.each(['win32', 'freebsd'])('refuses %s', async (platform) => {
  const host = fakeHost(undefined, { platform })
  await expect(ensure([fakeStep()], host)).rejects.toMatchObject({ code: 'SETUP_UNSUPPORTED_PLATFORM' })
})

test('says so when the folder cannot be written', async () => {
  const host = fakeHost()
  writeFileSync(join(host.root, '.radix'), 'a file')
  await expect(ensure([fakeStep()], host)).rejects.toMatchObject({ code: 'SETUP_FOLDER_NOT_WRITABLE' })
})

test('takes over the lock of an owner that has gone silent', async () => {
  const host = fakeHost()
  const lock = lockOf(host.root)
  await ensure([fakeStep()], host)
  expect(host.said).toEqual(['Waiting for another set-up of this clone…'])
  expect(existsSync(lock)).toBe(false)
})

test('waits for a live owner, then finds the work done', async () => {
  const host = fakeHost()
  const lock = lockOf(host.root)
  const provided: boolean[] = []
  let waits = 0
  host.wait = async () => {
    waits++
    utimesSync(lock, waits, waits)
    if (waits < 200) return
    provided.push(true)
    rmSync(lock, { recursive: true })
  }
  await ensure([fakeStep(provided)], host)
  expect([provided, host.said]).toEqual([[true], ['Waiting for another set-up of this clone…']])
})
