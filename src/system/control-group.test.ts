import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { controlGroupPrefix, createControlGroup, isControlGroupOf, killControlGroup } from './control-group.ts'

const NAME = `test-${process.pid}`
const group = createControlGroup(NAME)
const prefix = group === undefined ? [] : controlGroupPrefix(group)

/** Each process of the chain ends as soon as it has started the next, in a session of its own: no list of them is ever true. */
const CHAIN = 'import os\nprint("up", flush=True)\nwhile True:\n  if os.fork(): os._exit(0)\n  os.setsid()'

it.skipIf(group === undefined)('ends what forks faster than anyone can look', async () => {
  const [command = '', ...args] = [...prefix, 'env', '-i', '/usr/bin/env', 'python3', '-c', CHAIN]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void (group && killControlGroup(group)))
  await once(child.stdout, 'data')
  await expect.poll(() => killControlGroup(group ?? '')).toBe(true)
  expect(existsSync(group ?? '')).toBe(false)
})

it('runs the program, with its arguments as they are, where the group refuses it', async () => {
  const [command = '', ...args] = [...controlGroupPrefix('/nonexistent'), 'printf', '%s|', '$(id)', 'a b']
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [[printed], [exitCode]] = await Promise.all([once(child.stdout, 'data'), once(child, 'exit')])
  expect([String(printed), exitCode]).toEqual(['$(id)|a b|', 0])
})

it('counts a group that is gone as empty', () => {
  expect(killControlGroup(`/sys/fs/cgroup/${NAME}-gone`)).toBe(true)
})

it.skipIf(group === undefined)('removes, with the next one, groups whose starter never came back', () => {
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

it('knows the group of a job by its name', () => {
  expect(isControlGroupOf('/sys/fs/cgroup/radix-job_1', 'job_1')).toBe(true)
  expect(isControlGroupOf('/sys/fs/cgroup/system.slice', 'job_1')).toBe(false)
})
