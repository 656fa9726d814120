import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startBounded } from './bounded-program.ts'

function start(script: string, limitMs: number) {
  const folder = mkdtempSync(join(tmpdir(), 'radix-check-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const logFile = join(folder, 'check.log')
  const options = { cwd: folder, env: process.env, limitMs, logFile, onOutput: () => {} }
  return { logFile, ended: startBounded(['sh', '-c', script], options).ended }
}

test('passes on the exit code and keeps the output', async () => {
  const { logFile, ended } = start('echo one; echo two >&2; exit 3', 20_000)
  expect(await ended).toMatchObject({ exitCode: 3, output: expect.stringContaining('one') })
  expect(readFileSync(logFile, 'utf8')).toContain('two')
})

test('ends a check that hangs with its children, and names it', async () => {
  const { logFile, ended } = start('echo begun; sleep 543 & echo $!; wait', 1000)
  const { exitCode, output } = await ended
  expect(exitCode).not.toBe(0)
  expect(output).toMatch(/begun.*Not finished after .*sleep 543/s)
  expect(readFileSync(logFile, 'utf8')).toContain('Still running')
  const pid = Number(/\n(\d+)\n/.exec(output)?.[1])
  await expect.poll(() => isRunning(pid)).toBe(false)
})

test('a missing program fails with a message', async () => {
  const options = { cwd: '/', env: process.env, limitMs: 20_000, logFile: '/dev/null', onOutput: () => {} }
  const { exitCode, output } = await startBounded(['/nonexistent'], options).ended
  expect([exitCode, output]).toEqual([127, expect.stringContaining('ENOENT')])
})

/** A zombie has ended, even where nothing collects it. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
