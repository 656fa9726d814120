import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { identifyProcess, type ProcessIdentity, UNKNOWN_START_TIME } from '../system/process-table.ts'
import { awaitServer, findServer, lockDataDirectory, readServerRecord } from './data-directory.ts'
import { startChildServer } from './testing/child-server.ts'
import { refusalOf } from './testing/requests.ts'
import { newDataDirectory } from './testing/test-server.ts'

const URL_OF_FIRST = 'http://localhost:8080'

let directory: string
beforeEach(async () => {
  directory = await newDataDirectory()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(directory, { recursive: true })
})

it('refuses a second server, and names the process and address of the first', async () => {
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

const newPidNamespace = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
const [unshare = '', ...unshareOptions] = newPidNamespace
/** Needs root, as in CI and in a container. */
const maySeparate = spawnSync(unshare, [...unshareOptions, 'true']).status === 0

it.skipIf(!maySeparate)('refuses a second server in another container, until the first is killed', async () => {
  const first = await startChildServer('lock', directory, URL_OF_FIRST)
  const other = (await startSeparately()).stdout
  expect(other).toContain(`DATA_DIRECTORY_IN_USE: Process ${first.pid}`)
  expect(other).toContain('runs in another container')
  await first.kill()
  expect((await startSeparately()).stdout.trim()).toBe('taken')
})

/** Takes the directory and ends, in a pid namespace of its own. */
function startSeparately() {
  const module = JSON.stringify(new URL('data-directory.ts', import.meta.url).href)
  const program = `
    const { lockDataDirectory } = await import(${module})
    const lock = await lockDataDirectory(${JSON.stringify(directory)}).catch((error) => error)
    console.log(lock instanceof Error ? lock.code + ': ' + lock.why : 'taken')`
  const argv = [...unshareOptions, process.execPath, '--input-type=module', '-e', program]
  return promisify(execFile)(unshare, argv)
}

it('takes over from a server that was killed, and drops its address', async () => {
  const first = await startChildServer('lock', directory, URL_OF_FIRST)
  await first.kill()
  expect(await readServerRecord(directory)).toBeUndefined()
  const second = await lockDataDirectory(directory)
  const third = await refusalOf(lockDataDirectory(directory))
  expect(third).toMatchObject({ code: 'DATA_DIRECTORY_IN_USE', why: expect.stringContaining(`${process.pid}`) })
  expect(third.fix).not.toContain(URL_OF_FIRST)
  await second.release()
})

it('reads the record of an earlier version, which can read ours', async () => {
  const lock = await lockDataDirectory(directory)
  await lock.publish(URL_OF_FIRST)
  const record = JSON.parse(await readFile(join(directory, 'server.json'), 'utf8'))
  expect(record).toMatchObject({ pid: process.pid, url: URL_OF_FIRST, ownerPid: null })
  const earlier = { pid: process.pid, url: URL_OF_FIRST, ownerPid: null }
  await writeFile(join(directory, 'server.json'), JSON.stringify(earlier))
  expect(await awaitServer(directory)).toMatchObject({ state: 'serving', url: URL_OF_FIRST, endsWithOwner: false })
  await lock.release()
})

it('is free again once it is released, and keeps one empty file', async () => {
  const first = await lockDataDirectory(directory)
  await first.publish(URL_OF_FIRST)
  expect(await readServerRecord(directory)).toMatchObject({ pid: process.pid, url: URL_OF_FIRST })
  await first.release()
  expect(await readServerRecord(directory)).toBeUndefined()
  expect(await readdir(directory)).toEqual(['server.lock.kernel'])
  await (await lockDataDirectory(directory)).release()
})

it('is created when it is missing, and refused when it cannot be', async () => {
  const below = join(directory, 'a', 'b')
  const lock = await lockDataDirectory(below)
  const error = await refusalOf(lockDataDirectory(join(below, 'server.lock', 'c')))
  expect(error).toMatchObject({ code: 'DATA_DIRECTORY_UNUSABLE' })
  await lock.release()
})

describe('a server that was started for one command', () => {
  /** Another command, which lives until it is killed. */
  async function startOwner() {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    await once(child, 'spawn')
    const found = identifyProcess(child.pid ?? 0)
    if (found.outcome !== 'found') throw new Error('the owner did not start')
    const identity = found.value
    const closed = once(child, 'close')
    const kill = async () => {
      child.kill('SIGKILL')
      await closed
    }
    return { identity, kill }
  }

  it('is awaited while it starts, serves others, and is reported to end with its owner', async () => {
    const owner = await startOwner()
    const lock = await lockDataDirectory(directory, owner.identity)
    expect(await findServer(directory)).toMatchObject({ state: 'starting', ownerIsGone: false })
    const served = awaitServer(directory)
    await lock.publish(URL_OF_FIRST)
    expect(await served).toMatchObject({ state: 'serving', url: URL_OF_FIRST, endsWithOwner: true })
    await lock.release()
    await owner.kill()
  })

  it('differs from one that a user started', async () => {
    const lock = await lockDataDirectory(directory)
    await lock.publish(URL_OF_FIRST)
    expect(await awaitServer(directory)).toMatchObject({ state: 'serving', endsWithOwner: false })
    await lock.release()
  })

  /** The record of a server whose owner is dead and whose process is `holder`. */
  async function leaveServer(holder: ProcessIdentity) {
    const owner = { pid: 999_999_999, startTime: 'then' }
    const record = { pid: holder.pid, state: 'serving', url: URL_OF_FIRST, owner }
    await writeFile(join(directory, 'server.lock'), JSON.stringify({ ...holder, nonce: 'x' }))
    await writeFile(join(directory, 'server.json'), JSON.stringify(record))
    // The clock advances by a second at each reading.
    let nowMs = 0
    vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 1000))
  }

  it('is killed when it does not end with its owner', async () => {
    const holder = await startOwner()
    await leaveServer(holder.identity)
    expect(await awaitServer(directory)).toEqual({ state: 'absent' })
    await holder.kill()
  })

  it('is not awaited for ever when it cannot be killed', async () => {
    const holder = await startOwner()
    // As recorded without a readable process table: the pid may belong to another process by now.
    await leaveServer({ pid: holder.identity.pid, startTime: UNKNOWN_START_TIME })
    expect(await refusalOf(awaitServer(directory))).toMatchObject({ code: 'CONTROL_PLANE_BUSY' })
    await holder.kill()
  })

  it.each(['before', 'after'])('counts as ending once its owner was killed %s it served', async (when) => {
    const owner = await startOwner()
    const lock = await lockDataDirectory(directory, owner.identity)
    if (when === 'after') await lock.publish(URL_OF_FIRST)
    await owner.kill()
    if (when === 'before') await lock.publish(URL_OF_FIRST)
    expect(await findServer(directory)).toMatchObject({ state: 'ending', ownerIsGone: true })
    expect(await readServerRecord(directory)).toBeUndefined()
    const next = awaitServer(directory)
    await lock.release()
    expect(await next).toEqual({ state: 'absent' })
  })
})

it('is taken by the next server once the ending one is gone, and not used before', async () => {
  const first = await lockDataDirectory(directory)
  await first.publish(URL_OF_FIRST)
  await first.withdraw()
  expect(await readServerRecord(directory)).toBeUndefined()
  const second = lockDataDirectory(directory)
  await first.release()
  await (await second).release()
})
