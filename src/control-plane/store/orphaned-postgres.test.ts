/** An earlier database that cannot be inspected, or that does not end. A real process stands in for it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { silentLogger } from '../../core/logger.ts'
import { found, unknown } from '../../core/lookup.ts'
import { openPresencePipe } from '../../system/presence-pipe.ts'
import { identifyProcess } from '../../system/process-table.ts'
import { presencePathOf, stopOrphan } from './orphaned-postgres.ts'

const STOP_MS = vi.hoisted(() => 200)
vi.mock(import('../../core/limits/control-plane.ts'), async (importOriginal) => {
  const { CONTROL_PLANE_LIMITS } = await importOriginal()
  const databaseStop = { ...CONTROL_PLANE_LIMITS.databaseStop, value: STOP_MS as never }
  return { CONTROL_PLANE_LIMITS: { ...CONTROL_PLANE_LIMITS, databaseStop } }
})
vi.mock(import('../../system/process-table.ts'), { spy: true })

/** Prints the signals that ask it to end, and ignores them. */
const STUBBORN = `
for (const signal of ['SIGINT', 'SIGQUIT']) process.on(signal, () => console.log(signal))
setInterval(() => {}, 1000)
console.log('ready')
`

let root: string
let directory: string
let child: ChildProcess
let said = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'radix-orphan-'))
  directory = join(root, 'postgres')
  await mkdir(directory)
  await mkdir(join(root, 'socket'))
  // Like the database, it names the directory on its command line.
  child = spawn(process.execPath, ['-e', STUBBORN, '--', directory], { stdio: ['ignore', 'pipe', 'ignore'] })
  said = ''
  child.stdout?.on('data', (text) => {
    said += String(text)
  })
  await once(child.stdout ?? child, 'data')
  await writeFile(join(directory, 'postmaster.pid'), `${child.pid}\n`)
})
afterEach(async () => {
  vi.mocked(identifyProcess).mockReset()
  child.kill('SIGKILL')
  await rm(root, { recursive: true })
})

const stop = () => stopOrphan(directory, join(root, 'socket'), silentLogger)

it('keeps a process that it cannot inspect, and its locks', async () => {
  vi.mocked(identifyProcess).mockReturnValue(unknown('the table cannot be read'))
  await stop()
  expect(child.signalCode).toBeNull()
  expect(said.trim()).toBe('ready')
  expect(await readFile(join(directory, 'postmaster.pid'), 'utf8')).toContain(String(child.pid))
})

it('does not count a process as ended that it can no longer inspect, and gives up in time', async () => {
  const identity = { pid: child.pid ?? 0, startTime: 'then' }
  vi.mocked(identifyProcess).mockReturnValueOnce(found(identity)).mockReturnValue(unknown('the table cannot be read'))
  await expect(stop()).rejects.toMatchObject({
    code: 'DATABASE_START_FAILED',
    why: expect.stringContaining('even when it is killed'),
  })
  // Each way of ending it had its time before the next: the program could answer both.
  expect(said.trim().split('\n')).toEqual(['ready', 'SIGINT', 'SIGQUIT'])
  expect(child.signalCode).toBe('SIGKILL')
  expect(await readFile(join(directory, 'postmaster.pid'), 'utf8')).toContain(String(child.pid))
})

it('leaves alone a database of another container, whose pid says nothing here, and gives up in time', async () => {
  const pipe = await openPresencePipe(presencePathOf(directory))
  if (pipe === undefined) throw new Error('the pipe could not be made')
  await writeFile(join(directory, 'postmaster.pid'), '999999999\n')
  await expect(stop()).rejects.toMatchObject({ why: expect.stringContaining('another container') })
  expect(await readFile(join(directory, 'postmaster.pid'), 'utf8')).toContain('999999999')
  closeSync(pipe)
  await stop()
})
