/** The behaviour of every executor. Each executor runs it from its own test file. */
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ExecutionRecord, type ExecutionSpec, type Executor } from './executor.ts'

/** Programs in the terms of the executor under test. */
export interface ExecutorPrograms {
  /** Writes `text` to stdout and ends with `exitCode`. */
  say(text: string, exitCode: number): ExecutionSpec['argv']
  /** Writes `up` to stdout, then runs until it is ended. */
  runForever(): ExecutionSpec['argv']
  /** The same, and ignores a request to end. */
  refuseToEnd(): ExecutionSpec['argv']
  /** Writes its environment to stdout, one `NAME=value` a line. */
  printEnvironment(): ExecutionSpec['argv']
  /** Writes a file with this content into its working directory. */
  write(file: string, content: string): ExecutionSpec['argv']
  missing(): ExecutionSpec['argv']
}

export function testExecutor(name: string, createExecutor: () => Executor, programs: ExecutorPrograms): void {
  describe(`executor ${name}`, () => {
    let directory: string
    let executor: Executor
    const stops: (() => Promise<void>)[] = []

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'radix-executor-'))
      executor = createExecutor()
    })
    afterEach(async () => {
      for (const stop of stops.splice(0)) await stop()
      await rm(directory, { recursive: true, force: true })
    })

    const start = async (argv: ExecutionSpec['argv'], env: Record<string, string> = {}) => {
      const files = {
        jobId: `job_${randomUUID()}`,
        stdoutPath: join(directory, 'stdout'),
        stderrPath: join(directory, 'stderr'),
      }
      const workDirectory = join(directory, 'work')
      await mkdir(workDirectory)
      const environment = { PATH: process.env.PATH ?? '', ...env }
      const execution = await executor.start({ ...files, argv, env: environment, directory: workDirectory })
      stops.push(async () => {
        execution.stop(0)
        await execution.ended
      })
      return { execution, files, workDirectory, stdout: () => readFile(files.stdoutPath, 'utf8') }
    }

    it.each([0, 3])('reports exit code %i, with the output in the file', async (exitCode) => {
      const { execution, stdout } = await start(programs.say('hello', exitCode))
      expect(await execution.ended).toEqual({ exitCode, signal: null })
      expect(await stdout()).toContain('hello')
    })

    it('stops a program, and reports that a signal ended it', async () => {
      const { execution, stdout } = await start(programs.runForever())
      await expect.poll(stdout).toContain('up')
      execution.stop(10_000)
      execution.stop(10_000)
      expect((await execution.ended).exitCode).not.toBe(0)
    })

    it('ends a program that ignores the request', async () => {
      const { execution, stdout } = await start(programs.refuseToEnd())
      await expect.poll(stdout).toContain('up')
      execution.stop(50)
      expect((await execution.ended).exitCode).not.toBe(0)
    })

    it('gives the program exactly the given environment', async () => {
      process.env.RADIX_TEST_SECRET = 'must not be seen'
      const { execution, stdout } = await start(programs.printEnvironment(), { GREETING: 'good day' })
      await execution.ended
      delete process.env.RADIX_TEST_SECRET
      expect(await stdout()).toContain('GREETING=good day')
      expect(await stdout()).not.toContain('must not be seen')
    })

    it('passes arguments unchanged, without a shell', async () => {
      const { execution, stdout } = await start(programs.say('$(id) ; echo `id` "x" \'y\'', 0))
      await execution.ended
      expect(await stdout()).toContain('$(id) ; echo `id` "x" \'y\'')
    })

    it('refuses to start a missing program', async () => {
      await expect(start(programs.missing())).rejects.toThrow()
    })

    it('lets the program write into its directory', async () => {
      const { execution, workDirectory } = await start(programs.write('result.json', 'the result'))
      expect((await execution.ended).exitCode).toBe(0)
      expect(await readFile(join(workDirectory, 'result.json'), 'utf8')).toBe('the result')
    })

    it('finds a running execution by its record, and no ended one', async () => {
      const { execution, files, stdout } = await start(programs.runForever())
      await expect.poll(stdout).toContain('up')
      const record = ExecutionRecord.parse(JSON.parse(JSON.stringify(execution.record)))
      const attached = await executor.attach(record, files)
      expect(attached?.software).toEqual(execution.software)
      attached?.stop(0)
      expect((await attached?.ended)?.exitCode).not.toBe(0)
      await execution.ended
      expect(await executor.attach(record, files)).toBeUndefined()
    })

    it('finds nothing for a job that was never started', async () => {
      const files = { jobId: 'job_never', stdoutPath: join(directory, 'out'), stderrPath: join(directory, 'err') }
      expect(await executor.attach(null, files)).toBeUndefined()
    })
  })
}
