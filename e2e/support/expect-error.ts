import { expect } from 'vitest'
import type { Finished } from './sandbox.ts'

/** That a program ended with an error of ours: its code, a fix, and its exit code. */
export function expectError({ exitCode, stderr, stdout }: Finished, code: string, expectedExitCode: number): void {
  const output = stderr + stdout
  expect(output).toContain(code)
  expect(output).toContain('fix: ')
  // A message whose template was not filled in, or a stack trace, is no message.
  expect(output).not.toMatch(/\{[a-z_]+\}|\n\s+at /)
  expect(exitCode, output).toBe(expectedExitCode)
}
