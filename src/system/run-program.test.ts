import { expect, it } from 'vitest'
import { runProgram } from './run-program.ts'

it('returns the program’s output and its end', async () => {
  const program = "process.stdin.on('data', (d) => { console.log(String(d)); console.error('e'); process.exit(3) })"
  expect(await runProgram([process.execPath, '-e', program], { timeoutMs: 20_000, input: 'hello' })).toEqual({
    outcome: 'exited',
    exitCode: 3,
    signal: null,
    stdout: 'hello\n',
    stderr: 'e\n',
  })
})

it('reports a missing program', async () => {
  expect(await runProgram(['radix-no-such-program'], { timeoutMs: 1000 })).toMatchObject({
    outcome: 'not-started',
    code: 'ENOENT',
  })
})

it('does not wait for a program that ignores SIGTERM, or for its children', async () => {
  const answer = await runProgram(['sh', '-c', "trap '' TERM; echo first; sleep 600 & wait"], { timeoutMs: 300 })
  expect(answer).toEqual({ outcome: 'timed-out', stdout: 'first\n', stderr: '' })
})

it('ends a program with too much output', async () => {
  expect(await runProgram(['yes'], { timeoutMs: 20_000 })).toEqual({ outcome: 'too-much-output' })
})

it('counts bytes, of which a character may have several', async () => {
  const program = "process.stdout.write('€'.repeat(6 * 1024 * 1024))"
  expect(await runProgram([process.execPath, '-e', program], { timeoutMs: 60_000 })).toEqual({
    outcome: 'too-much-output',
  })
})

it('does not wait for processes of an ended program that hold its output', async () => {
  const answer = await runProgram(['sh', '-c', 'sleep 600 & echo $!'], { timeoutMs: 60_000 })
  expect(answer).toMatchObject({ outcome: 'exited', exitCode: 0 })
  if (answer.outcome === 'exited') process.kill(Number(answer.stdout), 'SIGKILL')
})
