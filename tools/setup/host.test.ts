import { expect, test } from 'vitest'
import { temporaryFolder } from './fake-host.ts'
import { realHost } from './host.mjs'

const run = (script: string, timeoutMs = 5000) => realHost(temporaryFolder()).run(['sh', '-c', script], { timeoutMs })
const failure = (message: string) => expect.objectContaining({ message })

test('a program answers what it printed, in the clone and with the variables that steps added', async () => {
  const host = realHost(temporaryFolder())
  host.env.ADDED = 'yes'
  expect(await host.run(['sh', '-c', 'echo $PWD $ADDED'], { timeoutMs: 5000 })).toBe(`${host.root} yes\n`)
})

test('a program that is missing, fails, or hangs says why', async () => {
  const missing = realHost(temporaryFolder()).run(['/nonexistent/program'], { timeoutMs: 5000 })
  await expect(missing).rejects.toEqual(failure('spawn /nonexistent/program ENOENT'))
  await expect(run('echo why >&2; exit 3')).rejects.toEqual(failure('why'))
  await expect(run('exit 3')).rejects.toEqual(failure('ended with status 3'))
  await expect(run('kill -9 $$')).rejects.toEqual(failure('ended by SIGKILL'))
  // The grandchild holds the pipe open after its parent has been killed.
  await expect(run('sleep 2; true', 100)).rejects.toEqual(failure('no answer after 0.1 s'))
})

test('a program that asks the user has no answer', async () => {
  expect(await run('read -r answer || echo "no answer"')).toBe('no answer\n')
})

test('a long output is shown by its beginning and its end, and without passwords', async () => {
  await expect(run('seq 1 100 >&2; exit 1')).rejects.toEqual(
    failure([...Array.from({ length: 14 }, (_, index) => index + 1), '…', 100].join('\n')),
  )
  await expect(run('echo "GET https://ann:secret@proxy.example:3128 failed" >&2; exit 1')).rejects.toEqual(
    failure('GET https://proxy.example:3128 failed'),
  )
})
