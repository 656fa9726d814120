/** Real processes: alive, dead, not collected, and marked by their environment. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findMarkedProcesses, findProcess, identifyProcess, signalProcess } from './process-table.ts'

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

const outcomeOf = (pid: number) => identifyProcess(pid).outcome

function identify(pid: number) {
  const look = identifyProcess(pid)
  if (look.outcome !== 'found') throw new Error(`process ${pid}: ${look.outcome}`)
  return look.value
}

function find(...names: string[]) {
  const look = findMarkedProcesses(names)
  if (look.outcome !== 'found') throw new Error(look.reason)
  return look.value
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

it('identifies a process by pid and start time while it lives', async () => {
  const child = await start('sleep', ['60'])
  const identity = identify(child.pid)
  expect(identity).toEqual({ pid: child.pid, startTime: expect.stringMatching(/./) })
  expect(identify(child.pid)).toEqual(identity)
  expect(findProcess(identity).outcome).toBe('found')
  await kill(child)
  expect(outcomeOf(child.pid)).toBe('absent')
  expect(findProcess(identity).outcome).toBe('absent')
})

it('distinguishes a process from an earlier one with the same pid', async () => {
  const child = await start('sleep', ['60'])
  const earlier = { pid: child.pid, startTime: 'earlier' }
  expect(findProcess(earlier).outcome).toBe('absent')
  expect(signalProcess(earlier, 'SIGKILL')).toBe(false)
  expect(outcomeOf(child.pid)).toBe('found')
})

it('is not misled by a name with spaces and parentheses', async () => {
  const child = await start(process.execPath, [
    '-e',
    "process.title = 'a) R 1 (b'; console.log('set'); setInterval(() => {}, 1e6)",
  ])
  if (child.stdout) await once(child.stdout, 'data')
  const identity = identify(child.pid)
  expect(findProcess(identity).outcome).toBe('found')
  await kill(child)
  expect(findProcess(identity).outcome).toBe('absent')
})

it('signals a living process, and reports a missing one', async () => {
  const child = await start('sleep', ['60'])
  const identity = identify(child.pid)
  const ended = once(child, 'exit')
  expect(signalProcess(identity, 'SIGTERM')).toBe(true)
  await ended
  expect(signalProcess(identity, 'SIGTERM')).toBe(false)
})

it('counts a zombie as absent', async () => {
  // The shell becomes, before that ends, a program that never collects what the shell had started.
  const parent = await start('sh', ['-c', 'sleep 0.5 & echo $!; exec sleep 60'], { [MARK]: 'x' })
  const [line] = parent.stdout ? await once(parent.stdout, 'data') : []
  const zombie = Number(String(line))
  await expect.poll(() => outcomeOf(zombie)).toBe('absent')
  expect(() => process.kill(zombie, 0)).not.toThrow() // the system still knows it
  expect(find(MARK).map(({ pid }) => pid)).toEqual([parent.pid])
})

it('finds processes by their environment, children included, and never itself', async () => {
  const OTHER = `${MARK}_OTHER`
  const marked = await start('sh', ['-c', 'sleep 60 & wait'], { [MARK]: 'run_1', [OTHER]: '' })
  await start('sleep', ['60'], { [MARK]: 'run_2' })
  await start('sleep', ['60'])
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

it('reads values that are not ASCII', async () => {
  await start('sleep', ['60'], { [MARK]: '/home/jürgen/机器' })
  expect(find(MARK).map(({ markers }) => markers[MARK])).toEqual(['/home/jürgen/机器'])
})

it('does not confuse variables with a common prefix', async () => {
  await start('sleep', ['60'], { [`${MARK}_LONGER`]: 'x', [`X_${MARK}`]: 'x' })
  expect(find(MARK)).toEqual([])
})

describe('with `ps`, as on macOS', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'radix-ps-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  /** Like macOS's: the order of day and month and the time zone are those of the environment that it is given. */
  async function installPs(script: string) {
    const path = join(directory, 'ps')
    await writeFile(path, `#!/bin/sh\n${script}\n`)
    await chmod(path, 0o755)
    const env = { PATH: `${directory}:${process.env.PATH}`, LC_ALL: 'en_GB.UTF-8', TZ: 'Asia/Kolkata' }
    return { platform: 'darwin' as const, env }
  }
  const LOCAL_PS = (prefix: string, suffix = '') => `
    case "$LC_ALL/$TZ" in
      C/UTC) echo '${prefix} Fri Nov 27 02:31:05 2026    ${suffix}' ;;
      */UTC) echo '${prefix} Fri 27 Nov 02:31:05 2026    ${suffix}' ;;
      *) echo '${prefix} Fri 27 Nov 08:01:05 2026    ${suffix}' ;;
    esac`

  it('identifies a process by one start time in any locale and time zone', async () => {
    const options = await installPs(LOCAL_PS('S'))
    const identity = { pid: process.pid, startTime: 'Fri Nov 27 02:31:05 2026' }
    expect(identifyProcess(process.pid, options)).toEqual({ outcome: 'found', value: identity })
    const american = { ...options, env: { ...options.env, LC_ALL: 'en_US.UTF-8', TZ: 'UTC' } }
    expect(findProcess(identity, american).outcome).toBe('found')
  })

  it('finds marked processes, also when `ps` puts the day first in every locale', async () => {
    const line = `  71   70 S    Fri 27 Nov 08:01:05 2026     node agent.mjs HOME=/root ${MARK}=run_1`
    const own = `${process.pid} ${process.pid} R Fri 27 Nov 08:01:04 2026 node`
    const zombie = '  72   70 Z    Fri 27 Nov 08:01:05 2026     (node)'
    const options = await installPs(`echo '${line}'; echo '${zombie}'; echo '${own}'`)
    const value = [{ pid: 71, startTime: 'Fri 27 Nov 08:01:05 2026', processGroup: 70, markers: { [MARK]: 'run_1' } }]
    expect(findMarkedProcesses([MARK], options)).toEqual({ outcome: 'found', value })
    expect(findMarkedProcesses([`${MARK}_NONE`], options)).toEqual({ outcome: 'found', value: [] })
  })

  it('concludes nothing from a failing `ps` or unreadable lines', async () => {
    for (const script of [
      'exit 1',
      'exit 0',
      'echo nonsense',
      'echo "ps: operation not permitted" >&2; exit 1',
      'kill -9 $$',
    ]) {
      const options = await installPs(script)
      expect(identifyProcess(process.pid, options).outcome).toBe('unknown')
      expect(findProcess({ pid: process.pid, startTime: 'then' }, options).outcome).toBe('unknown')
      expect(findMarkedProcesses([MARK], options).outcome).toBe('unknown')
    }
    const garbled = await installPs(`echo '71 70 S 27/11/2026 node ${MARK}=run_1'`)
    expect(findMarkedProcesses([MARK], garbled).outcome).toBe('unknown')
    const missing = { platform: 'darwin' as const, env: { PATH: '/nonexistent' } }
    expect(identifyProcess(process.pid, missing).outcome).toBe('unknown')
    expect(findMarkedProcesses([MARK], missing).outcome).toBe('unknown')
  })

  it('knows that a process has ended without `ps`', async () => {
    const child = await start('sleep', ['60'])
    await kill(child)
    expect(identifyProcess(child.pid, await installPs('exit 1'))).toEqual({ outcome: 'absent' })
  })
})
