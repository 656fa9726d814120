import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lockDataDirectory, readServerRecord } from './data-directory.ts'
import { startChildServer } from './testing/child-server.ts'
import { refusalOf } from './testing/requests.ts'
import { newDataDirectory } from './testing/test-server.ts'

const URL_OF_FIRST = 'http://localhost:8080'

let directory: string
beforeEach(async () => {
  directory = await newDataDirectory()
})
afterEach(() => rm(directory, { recursive: true }))

it('refuses a second server, and says which process serves where', async () => {
  const first = await startChildServer('lock', directory, URL_OF_FIRST)
  try {
    const error = await refusalOf(lockDataDirectory(directory))
    expect(error).toMatchObject({ code: 'DATA_DIRECTORY_IN_USE', exitCode: 2 })
    expect(error.why).toContain(`Process ${first.pid}`)
    expect(error.fix).toContain(URL_OF_FIRST)
    expect(await readServerRecord(directory)).toMatchObject({ pid: first.pid, url: URL_OF_FIRST })
  } finally {
    await first.kill()
  }
})

it('takes over from a server that was killed, whose address is no longer told', async () => {
  const first = await startChildServer('lock', directory, URL_OF_FIRST)
  await first.kill()
  expect(await readServerRecord(directory)).toBeUndefined()
  const second = await lockDataDirectory(directory)
  const third = await refusalOf(lockDataDirectory(directory))
  expect(third).toMatchObject({ code: 'DATA_DIRECTORY_IN_USE', why: expect.stringContaining(`${process.pid}`) })
  expect(third.fix).not.toContain(URL_OF_FIRST)
  await second.release()
})

it('is free again, with nothing left in it, once it is released', async () => {
  const first = await lockDataDirectory(directory)
  await first.publish(URL_OF_FIRST)
  expect(await readServerRecord(directory)).toMatchObject({ pid: process.pid, url: URL_OF_FIRST })
  await first.release()
  expect(await readServerRecord(directory)).toBeUndefined()
  expect(await readdir(directory)).toEqual([])
  await (await lockDataDirectory(directory)).release()
})

it('is made where it is missing, and refused where it cannot be', async () => {
  const below = join(directory, 'a', 'b')
  const lock = await lockDataDirectory(below)
  const error = await refusalOf(lockDataDirectory(join(below, 'server.lock', 'c')))
  expect(error).toMatchObject({ code: 'DATA_DIRECTORY_UNUSABLE' })
  await lock.release()
})
