/**
 * `radix …` in this process, for tests that run it many times and are about what it does: a program of its own takes longer
 * to start than most commands. At least one test of such a file starts the program.
 */
import { vi } from 'vitest'
import { main } from '../../src/cli/main.ts'
import type { Finished } from './sandbox.ts'

export async function runRadixHere(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Finished> {
  const outer = { ...process.env }
  const exitCodeBefore = process.exitCode
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  const stdout = capture(process.stdout)
  const stderr = capture(process.stderr)
  try {
    process.exitCode = undefined
    const exitCode = await main(argv)
    return { exitCode, signal: null, stdout: stdout.read(), stderr: stderr.read() }
  } finally {
    process.exitCode = exitCodeBefore
    process.env = outer
    stdout.restore()
    stderr.restore()
  }
}

function capture(stream: NodeJS.WriteStream): { read(): string; restore(): void } {
  let text = ''
  const spy = vi.spyOn(stream, 'write').mockImplementation((chunk) => {
    text += String(chunk)
    return true
  })
  return { read: () => text, restore: () => spy.mockRestore() }
}
