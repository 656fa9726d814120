import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { isProcessRunning } from '../../../system/process-table.ts'
import { testExecutor } from '../executor.testsuite.ts'
import { processExecutor } from './process-executor.ts'

const node = (script: string, ...args: string[]) => [process.execPath, '-e', script, ...args] as const

testExecutor('process', () => processExecutor, {
  say: (text, exitCode) => node(`console.log(process.argv[1]); process.exit(${exitCode})`, text),
  runForever: () => node('console.log("up"); setInterval(() => {}, 1000)'),
  refuseToEnd: () => node('process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000)'),
  printEnvironment: () => node('for (const [k, v] of Object.entries(process.env)) console.log(k + "=" + v)'),
  write: (file, content) => node('require("fs").writeFileSync(process.argv[1], process.argv[2])', file, content),
  missing: () => ['/nonexistent/program'],
})

it('ends what the program started, too', async () => {
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
  expect(isProcessRunning(pid)).toBe(true)
  execution.stop(5000)
  await execution.ended
  await expect.poll(() => isProcessRunning(pid)).toBe(false)
  await rm(directory, { recursive: true })
})
