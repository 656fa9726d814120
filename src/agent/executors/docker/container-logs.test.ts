import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { copyAllLogs } from './container-logs.ts'
import type { Engine } from './engine.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logs-'))
})
afterEach(() => rm(directory, { recursive: true }))

/** As the engine frames stdout. */
function frame(text: string): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt8(1)
  header.writeUInt32BE(text.length, 4)
  return Buffer.concat([header, Buffer.from(text)])
}

/** Copies from an engine that answers each read of the log with the next of `answers`, and then with the last. */
async function copy(answers: readonly string[][], exitsAtRead: number) {
  const files = { stdoutPath: join(directory, 'stdout'), stderrPath: join(directory, 'stderr') }
  let reads = 0
  let exit = () => {}
  const exited = new Promise<void>((resolve) => {
    exit = resolve
  })
  const engine = {
    followLogs: async () => {
      const lines = answers[Math.min(reads, answers.length - 1)] ?? []
      reads++
      if (reads === exitsAtRead) exit()
      return Readable.from(lines.map(frame))
    },
  } as unknown as Pick<Engine, 'followLogs'>
  const note = await copyAllLogs(engine, 'c', files as never, exited, new AbortController().signal)
  return { note, stdout: await readFile(files.stdoutPath, 'utf8') }
}

it('reads what the engine did not send before the container exited', async () => {
  expect(await copy([['a\n'], ['a\n', 'b\n']], 1)).toEqual({ note: undefined, stdout: 'a\nb\n' })
})

it('goes on when the engine ends the stream of a container that runs, and copies nothing twice', async () => {
  expect(await copy([['a\n'], ['a\n', 'b\n'], ['a\n', 'b\n', 'c\n']], 2)).toEqual({
    note: undefined,
    stdout: 'a\nb\nc\n',
  })
})
