import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { controlGroupPrefix, createControlGroup, isControlGroupOf, killControlGroup } from './control-group.ts'

const NAME = `test-${process.pid}`
const group = createControlGroup(NAME)
const prefix = group === undefined ? [] : controlGroupPrefix(group)

/** Each process of the chain starts the next in its own session and ends: no list of them is ever complete. */
const CHAIN = 'import os\nprint("up", flush=True)\nwhile True:\n  if os.fork(): os._exit(0)\n  os.setsid()'

it.skipIf(group === undefined)('ends processes that fork faster than they can be listed', async () => {
  const [command = '', ...args] = [...prefix, 'env', '-i', '/usr/bin/env', 'python3', '-c', CHAIN]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void (group && killControlGroup(group)))
  await once(child.stdout, 'data')
  await expect.poll(() => killControlGroup(group ?? '')).toBe(true)
  expect(existsSync(group ?? '')).toBe(false)
})

it('runs the program with unchanged arguments when the group refuses it', async () => {
  const [command = '', ...args] = [...controlGroupPrefix('/nonexistent'), 'printf', '%s|', '$(id)', 'a b']
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [[printed], [exitCode]] = await Promise.all([once(child.stdout, 'data'), once(child, 'exit')])
  expect([String(printed), exitCode]).toEqual(['$(id)|a b|', 0])
})

it('counts a group that is gone as empty', () => {
  expect(killControlGroup(`/sys/fs/cgroup/${NAME}-gone`)).toBe(true)
})

it.skipIf(group === undefined)('removes abandoned groups when it creates the next one', () => {
  const parent = dirname(group ?? '')
  const [old, fresh] = [join(parent, `radix-${NAME}-old`), join(parent, `radix-${NAME}-fresh`)]
  onTestFinished(() => void killControlGroup(fresh))
  mkdirSync(join(old, 'inside'), { recursive: true })
  mkdirSync(fresh)
  utimesSync(old, 1, 1)
  const next = createControlGroup(`${NAME}-next`)
  expect(next && killControlGroup(next)).toBe(true)
  expect([existsSync(old), existsSync(fresh)]).toEqual([false, true])
})

it('finds the group of a job by its name', () => {
  expect(isControlGroupOf('/sys/fs/cgroup/radix-job_1', 'job_1')).toBe(true)
  expect(isControlGroupOf('/sys/fs/cgroup/system.slice', 'job_1')).toBe(false)
})
