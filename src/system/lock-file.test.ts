import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ABSENT, found, unknown } from '../core/lookup.ts'
import { RadixError } from '../errors/radix-error.ts'
import { takeKernelLock } from './kernel-lock.ts'
import { acquireLock, findLockHolder, lookAtLock } from './lock-file.ts'
import type { ProcessIdentity } from './process-table.ts'
import type { ContenderData } from './testing/lock-contender.ts'

const heldBy = (pid: number | 'unknown') => new Error(`held by ${pid}`)

let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'radix-lock-'))
  path = join(directory, 'a.lock')
})
afterEach(() => rm(directory, { recursive: true }))

/** A process of this pid and start time, among others that are alive. */
function processOf(pid: number, startTime: string, alive: ProcessIdentity[] = []) {
  const all = [{ pid, startTime }, ...alive]
  return {
    self: () => ({ pid, startTime }),
    find: (identity: ProcessIdentity) =>
      all.some((each) => each.pid === identity.pid && each.startTime === identity.startTime) ? found(identity) : ABSENT,
  }
}

/** Without the empty files on which the kernel keeps its locks. */
const locksIn = async (path: string) =>
  (await readdir(path)).filter((name) => !/^(a|lock-\d+)\.(lock\.)?kernel$/.test(name))

const writeHolder = (file: string, holder: ProcessIdentity) =>
  writeFile(file, JSON.stringify({ ...holder, nonce: 'of then' }))

describe('a lock', () => {
  it('has one holder, which others can identify, and is free afterwards', async () => {
    const release = acquireLock(path, heldBy)
    expect(() => acquireLock(path, heldBy)).toThrow(`held by ${process.pid}`)
    expect(findLockHolder(path)).toMatchObject({ pid: process.pid })
    release()
    expect(findLockHolder(path)).toBeUndefined()
    expect(await locksIn(directory)).toEqual([])
    acquireLock(path, heldBy)()
  })

  it('is released once: a second release does not affect the next holder', () => {
    const releaseFirst = acquireLock(path, heldBy)
    releaseFirst()
    acquireLock(path, heldBy)
    releaseFirst()
    expect(() => acquireLock(path, heldBy)).toThrow('held by')
  })

  it('creates its folder', () => {
    acquireLock(join(directory, 'a', 'b', 'c.lock'), heldBy)()
  })

  it('names a file that cannot be written', async () => {
    await writeFile(join(directory, 'file'), '')
    const attempt = () => acquireLock(join(directory, 'file', 'x.lock'), heldBy)
    expect(attempt).toThrow(expect.objectContaining({ code: 'FILE_NOT_WRITABLE' }))
  })

  it('leaves nothing behind when it is refused', async () => {
    const release = acquireLock(path, heldBy)
    expect(() => acquireLock(path, heldBy)).toThrow('held by')
    expect(await locksIn(directory)).toEqual(['a.lock'])
    release()
  })
})

describe('the lock of a process that died', () => {
  it('is taken over, and leaves no file', async () => {
    await writeHolder(path, { pid: 7, startTime: 'then' })
    const me = processOf(8, 'now')
    acquireLock(path, heldBy, me)
    expect(findLockHolder(path, me)).toMatchObject({ pid: 8, startTime: 'now' })
    expect(await locksIn(directory)).toEqual(['a.lock'])
  })

  it('is taken over although its pid belongs to another process by now', async () => {
    await writeHolder(path, { pid: 7, startTime: 'then' })
    const me = processOf(8, 'now', [{ pid: 7, startTime: 'later' }])
    expect(findLockHolder(path, me)).toBeUndefined()
    acquireLock(path, heldBy, me)
  })

  it('is not taken over when processes cannot be looked up', async () => {
    await writeHolder(path, { pid: 7, startTime: 'then' })
    const blind = { ...processOf(8, 'now'), find: () => unknown('`ps` failed') }
    expect(() => acquireLock(path, heldBy, blind)).toThrow('held by 7')
    expect(findLockHolder(path, blind)).toMatchObject({ pid: 7 })
  })

  it('is not taken over while that process lives', async () => {
    await writeHolder(path, { pid: 7, startTime: 'then' })
    const me = processOf(8, 'now', [{ pid: 7, startTime: 'then' }])
    expect(() => acquireLock(path, heldBy, me)).toThrow('held by 7')
  })

  it.each(['', 'garbage', '{"pid": "7"}', '{"pid": 7'])(
    'is taken over when its content is invalid: %j',
    async (content) => {
      await writeFile(path, content)
      acquireLock(path, heldBy)()
      expect(await locksIn(directory)).toEqual([])
    },
  )

  it('is taken over from a process that died while taking it over', async () => {
    await writeHolder(path, { pid: 7, startTime: 'then' })
    const stale = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
      .slice(0, 16)
    await writeHolder(`${path}.over-${stale}`, { pid: 6, startTime: 'then' })
    acquireLock(path, heldBy, processOf(8, 'now'))
    expect(await locksIn(directory)).toEqual(['a.lock'])
  })

  it('is left to a process that is just taking it over', async () => {
    await writeHolder(path, { pid: 7, startTime: 'then' })
    const stale = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
      .slice(0, 16)
    await writeHolder(`${path}.over-${stale}`, { pid: 6, startTime: 'now' })
    const me = processOf(8, 'now', [{ pid: 6, startTime: 'now' }])
    expect(() => acquireLock(path, heldBy, me)).toThrow('held by 6')
  })

  it('is left to a process that took it over between looking and taking', async () => {
    await writeHolder(path, { pid: 7, startTime: 'then' })
    const winner = processOf(9, 'now')
    const late = {
      self: () => ({ pid: 8, startTime: 'now' }),
      find: (holder: ProcessIdentity) => {
        if (holder.pid === 7) acquireLock(path, heldBy, winner)
        return holder.startTime === 'now' ? found(holder) : ABSENT
      },
    }
    expect(() => acquireLock(path, heldBy, late)).toThrow('held by 9')
    expect(findLockHolder(path, winner)).toMatchObject({ pid: 9 })
  })

  it('is taken over by exactly one of several that find it at once', async () => {
    const [rounds, contenders] = [300, 4]
    for (let round = 0; round < rounds; round++) {
      await writeHolder(join(directory, `lock-${round}`), { pid: 7, startTime: 'then' })
    }
    const counters = new Int32Array(new SharedArrayBuffer(2 * rounds * Int32Array.BYTES_PER_ELEMENT))
    const workers = Array.from({ length: contenders }, (_, index) => {
      const workerData: ContenderData = { directory, pid: 100 + index, rounds, contenders, counters }
      return new Worker(new URL('testing/lock-contender.ts', import.meta.url), { workerData })
    })
    await Promise.all(workers.map((worker) => once(worker, 'exit')))
    expect([...counters.subarray(rounds)]).toEqual(Array(rounds).fill(1))
    expect((await locksIn(directory)).filter((name) => !/^lock-\d+$/.test(name))).toEqual([])
  })
})

describe('a lock of another container', () => {
  const here = { ...processOf(8, 'now'), namespace: () => 'pid:[8]' }
  const there = { ...processOf(7, 'then'), namespace: () => 'pid:[7]' }

  it('is held while its process lives, although no process here has its pid', async () => {
    const release = acquireLock(path, heldBy, there)
    expect(() => acquireLock(path, heldBy, here)).toThrow('held by 7')
    expect(findLockHolder(path, here)).toMatchObject({ pid: 7, isForeign: true })
    expect(lookAtLock(path, here)).toMatchObject({ outcome: 'found' })
    release()
    expect(findLockHolder(path, here)).toBeUndefined()
    acquireLock(path, heldBy, here)()
  })

  it('says that the pid is one of another container', () => {
    const release = acquireLock(path, heldBy, there)
    const heldByServer = (pid: number | 'unknown') =>
      new RadixError('DATA_DIRECTORY_IN_USE', { pid, directory, url: 'http://localhost' })
    expect(() => acquireLock(path, heldByServer, here)).toThrow(/Process 7 serves .* runs in another container/)
    // There it would end another process.
    expect(() => acquireLock(path, heldByServer, here)).toThrow(
      expect.objectContaining({ fix: expect.not.stringContaining('kill') }),
    )
    release()
  })

  it('is taken over once its process has died, although a process here has its pid', async () => {
    await writeFile(path, JSON.stringify({ pid: 8, startTime: 'now', nonce: 'x', namespace: 'pid:[7]' }))
    expect(lookAtLock(path, here)).toMatchObject({ outcome: 'absent' })
    const release = acquireLock(path, heldBy, here)
    expect(() => acquireLock(path, heldBy, there)).toThrow('held by 8')
    release()
    expect(await locksIn(directory)).toEqual([])
  })

  it('is not taken while a process there is just taking it over', async () => {
    const kernelLock = takeKernelLock(`${path}.kernel`)
    if (kernelLock.outcome !== 'found') throw new Error('the file could not be locked')
    expect(() => acquireLock(path, heldBy, here)).toThrow('held by unknown')
    expect(await locksIn(directory)).toEqual([])
    kernelLock.value()
    acquireLock(path, heldBy, here)()
  })
})

it('names an unreadable object in its place', async () => {
  await mkdir(path)
  await chmod(path, 0o700)
  expect(() => acquireLock(path, heldBy)).toThrow(expect.objectContaining({ code: 'FILE_NOT_WRITABLE' }))
  expect(() => findLockHolder(path)).toThrow(/EISDIR/)
})
