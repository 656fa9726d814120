/** Real processes: alive, dead, not collected, and marked by their environment. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import { findMarkedProcesses, identifyProcess, isAlive, isProcessRunning, signalProcess } from './process-table.ts'

const MARK = `RADIX_TEST_MARK_${process.pid}`
const children: ChildProcess[] = []

afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null && child.signalCode === null) await kill(child)
})

async function start(
  command: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<ChildProcess & { pid: number }> {
  const child = spawn(command, args, { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'ignore'] })
  children.push(child)
  await once(child, 'spawn')
  const { pid } = child
  if (pid === undefined) throw new Error('it did not start')
  return Object.assign(child, { pid })
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

it('knows a process by pid and start time while it lives', async () => {
  const child = await start('sleep', ['60'])
  const identity = identifyProcess(child.pid)
  expect(identity).toEqual({ pid: child.pid, startTime: expect.stringMatching(/./) })
  expect(identifyProcess(child.pid)).toEqual(identity)
  expect(identity && isAlive(identity)).toBe(true)
  await kill(child)
  expect(identifyProcess(child.pid)).toBeUndefined()
  expect(identity && isAlive(identity)).toBe(false)
})

it('tells a process from an earlier one that had its pid', async () => {
  const child = await start('sleep', ['60'])
  const earlier = { pid: child.pid, startTime: 'earlier' }
  expect(isAlive(earlier)).toBe(false)
  expect(signalProcess(earlier, 'SIGKILL')).toBe(false)
  expect(isProcessRunning(child.pid)).toBe(true)
})

it('is not misled by a name with spaces and parentheses', async () => {
  const child = await start(process.execPath, [
    '-e',
    "process.title = 'a) R 1 (b'; console.log('set'); setInterval(() => {}, 1e6)",
  ])
  if (child.stdout) await once(child.stdout, 'data')
  const identity = identifyProcess(child.pid)
  expect(identity && isAlive(identity)).toBe(true)
  await kill(child)
  expect(identity && isAlive(identity)).toBe(false)
})

it('signals a process that is there, and says when there is none', async () => {
  const child = await start('sleep', ['60'])
  const identity = identifyProcess(child.pid) ?? { pid: 0, startTime: '' }
  const ended = once(child, 'exit')
  expect(signalProcess(identity, 'SIGTERM')).toBe(true)
  await ended
  expect(signalProcess(identity, 'SIGTERM')).toBe(false)
})

it('counts a process that nobody has collected as gone', async () => {
  // The shell becomes, before that ends, a program that never collects what the shell had started.
  const parent = await start('sh', ['-c', 'sleep 0.5 & echo $!; exec sleep 60'], { [MARK]: 'x' })
  const [line] = parent.stdout ? await once(parent.stdout, 'data') : []
  const zombie = Number(String(line))
  await expect.poll(() => isProcessRunning(zombie)).toBe(false)
  expect(() => process.kill(zombie, 0)).not.toThrow() // the system still knows it
  expect(identifyProcess(zombie)).toBeUndefined()
  expect(findMarkedProcesses([MARK]).map(({ pid }) => pid)).toEqual([parent.pid])
})

it('finds processes by what they were started with, children too, and never itself', async () => {
  const OTHER = `${MARK}_OTHER`
  const marked = await start('sh', ['-c', 'sleep 60 & wait'], { [MARK]: 'run_1', [OTHER]: '' })
  await start('sleep', ['60'], { [MARK]: 'run_2' })
  await start('sleep', ['60'])
  const find = (...names: string[]) => findMarkedProcesses(names)
  await expect.poll(() => find(MARK, OTHER).length).toBe(2)
  const found = find(MARK, OTHER)
  expect(found.every(({ markers }) => markers[MARK] === 'run_1' && markers[OTHER] === '')).toBe(true)
  expect(found.every(({ processGroup }) => processGroup > 0)).toBe(true)
  expect(
    find(MARK)
      .map(({ markers }) => markers[MARK])
      .toSorted(),
  ).toEqual(['run_1', 'run_1', 'run_2'])
  expect(find(`${MARK}_NONE`)).toEqual([])
  for (const each of found) if (each.pid !== marked.pid) signalProcess(each, 'SIGKILL')
})

it('does not take a variable for another whose name begins the same', async () => {
  await start('sleep', ['60'], { [`${MARK}_LONGER`]: 'x', [`X_${MARK}`]: 'x' })
  expect(findMarkedProcesses([MARK])).toEqual([])
})
