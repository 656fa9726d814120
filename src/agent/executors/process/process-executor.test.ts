import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { unknown } from '../../../core/lookup.ts'
import { identifyProcess } from '../../../system/process-table.ts'
import { testExecutor } from '../executor.testsuite.ts'
import { killLeftovers } from './leftovers.ts'
import { createProcessExecutor, processExecutor } from './process-executor.ts'

const node = (script: string, ...args: string[]) => [process.execPath, '-e', script, ...args] as const

testExecutor('process', () => processExecutor, {
  say: (text, exitCode) => node(`console.log(process.argv[1]); process.exit(${exitCode})`, text),
  runForever: () => node('console.log("up"); setInterval(() => {}, 1000)'),
  refuseToEnd: () => node('process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000)'),
  printEnvironment: () => node('for (const [k, v] of Object.entries(process.env)) console.log(k + "=" + v)'),
  write: (file, content) => node('require("fs").writeFileSync(process.argv[1], process.argv[2])', file, content),
  missing: () => ['/nonexistent/program'],
})

it('ends the program’s children as well', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'radix-executor-'))
  const script =
    'const c = require("child_process").spawn("sleep", ["60"]); console.log(c.pid); setInterval(() => {}, 1000)'
  const stdoutPath = join(directory, 'stdout')
  const execution = await processExecutor.start({
    jobId: 'job_test',
    argv: node(script),
    env: { PATH: process.env.PATH ?? '' },
    directory,
    stdoutPath,
    stderrPath: join(directory, 'stderr'),
  })
  const childPid = async () => Number(await readFile(stdoutPath, 'utf8'))
  await expect.poll(childPid).toBeGreaterThan(0)
  const pid = await childPid()
  expect(identifyProcess(pid).outcome).toBe('found')
  execution.stop(5000)
  await execution.ended
  await expect.poll(() => identifyProcess(pid).outcome).toBe('absent')
  await rm(directory, { recursive: true })
})

it('notices the end of a program that ends at once', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'radix-executor-'))
  const files = { stdoutPath: join(directory, 'out'), stderrPath: join(directory, 'err') }
  const env = { PATH: process.env.PATH ?? '' }
  for (let count = 0; count < 20; count++) {
    const execution = await processExecutor.start({ ...files, jobId: `job_${count}`, argv: ['true'], env, directory })
    expect(await execution.ended).toMatchObject({ exitCode: 0 })
  }
  await rm(directory, { recursive: true })
})

/** Without its parent's environment and open files. */
const START_CHILD_IN_A_SESSION =
  'const c = require("child_process").spawn("sleep", ["60"], { detached: true, stdio: "ignore", env: {} }); c.unref(); console.log(c.pid)'

it.each([
  ['ended by itself', START_CHILD_IN_A_SESSION, false],
  ['was stopped', `${START_CHILD_IN_A_SESSION}; setInterval(() => {}, 1000)`, true],
])('ends a child with its own session when the program %s', async (_, script, isStopped) => {
  const directory = await mkdtemp(join(tmpdir(), 'radix-executor-'))
  const files = { jobId: `job_${randomUUID()}`, stdoutPath: join(directory, 'out'), stderrPath: join(directory, 'err') }
  const env = { PATH: process.env.PATH ?? '' }
  const execution = await processExecutor.start({ ...files, argv: node(script), env, directory })
  const childPid = async () => Number(await readFile(files.stdoutPath, 'utf8'))
  await expect.poll(childPid).toBeGreaterThan(0)
  if (isStopped) execution.stop(5000)
  expect((await execution.ended).note).toBe(
    `Processes that the job left running were killed (pid ${await childPid()}).`,
  )
  expect(identifyProcess(await childPid()).outcome).toBe('absent')
  await rm(directory, { recursive: true })
})

it('ends such a child when the program had ended before the agent looked', async () => {
  const jobId = `job_${randomUUID()}`
  const child = spawn('sleep', ['60'], { env: { ...process.env, RADIX_JOB_ID: jobId }, detached: true })
  await once(child, 'spawn')
  const ended = once(child, 'exit')
  const record = { executor: 'process', pid: 999_999_999, startTime: 'then' } as const
  const execution = await processExecutor.attach(record, { jobId, stdoutPath: '', stderrPath: '' })
  expect((await execution?.ended)?.note).toContain(`killed (pid ${child.pid})`)
  await ended
})

it('names some of many killed processes', async () => {
  const all = Array.from({ length: 25 }, (_, at) => ({ pid: at, startTime: 'then', processGroup: 1, markers: {} }))
  const looks = [all, []]
  const find = () => ({ outcome: 'found', value: looks.shift() ?? [] }) as const
  const note = await killLeftovers('job_1', undefined, { find, signal: () => true })
  expect(note).toContain('18, 19 and 5 more')
})

it('reports which processes could not be killed, and when it could not look', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  const stuck = { pid: 71, startTime: 'then', processGroup: 71, markers: {} }
  const left = killLeftovers('job_1', undefined, {
    find: () => ({ outcome: 'found', value: [stuck] }),
    signal: () => true,
  })
  const unseen = killLeftovers('job_1', undefined, { find: () => unknown('`ps` failed'), signal: () => true })
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await left).toContain('pid 71')
  expect(await unseen).toContain('`ps` failed')
  vi.useRealTimers()
})

it('reports remaining processes of a program that ended before the agent looked', async () => {
  const executor = createProcessExecutor(async () => 'pid 71 may hold the GPU')
  const record = { executor: 'process', pid: 999_999_999, startTime: 'then' } as const
  const execution = await executor.attach(record, { jobId: 'job_1', stdoutPath: '', stderrPath: '' })
  expect(await execution?.ended).toEqual({ exitCode: null, signal: null, note: 'pid 71 may hold the GPU' })
})
