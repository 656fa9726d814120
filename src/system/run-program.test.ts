import { expect, it } from 'vitest'
import { runProgram } from './run-program.ts'

it('answers with what the program said, and with how it ended', async () => {
  const program = "process.stdin.on('data', (d) => { console.log(String(d)); console.error('e'); process.exit(3) })"
  expect(await runProgram([process.execPath, '-e', program], { timeoutMs: 20_000, input: 'hello' })).toEqual({
    outcome: 'exited',
    exitCode: 3,
    signal: null,
    stdout: 'hello\n',
    stderr: 'e\n',
  })
})

it('says that there is no such program', async () => {
  expect(await runProgram(['radix-no-such-program'], { timeoutMs: 1000 })).toMatchObject({
    outcome: 'not-started',
    code: 'ENOENT',
  })
})

it('does not wait for a program that ignores its end, nor for its children', async () => {
  const answer = await runProgram(['sh', '-c', "trap '' TERM; echo first; sleep 600 & wait"], { timeoutMs: 300 })
  expect(answer).toEqual({ outcome: 'timed-out', stdout: 'first\n', stderr: '' })
})

it('ends a program that says too much', async () => {
  expect(await runProgram(['yes'], { timeoutMs: 20_000 })).toEqual({ outcome: 'too-much-output' })
})

it('counts bytes, of which a character may have several', async () => {
  const program = "process.stdout.write('€'.repeat(6 * 1024 * 1024))"
  expect(await runProgram([process.execPath, '-e', program], { timeoutMs: 60_000 })).toEqual({
    outcome: 'too-much-output',
  })
})

it('does not wait for what a program that has ended left holding its output', async () => {
  const answer = await runProgram(['sh', '-c', 'sleep 600 & echo $!'], { timeoutMs: 60_000 })
  expect(answer).toMatchObject({ outcome: 'exited', exitCode: 0 })
  if (answer.outcome === 'exited') process.kill(Number(answer.stdout), 'SIGKILL')
})
