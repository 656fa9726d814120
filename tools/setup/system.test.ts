import { expect, test } from 'vitest'
import { realSystem } from './system.mjs'

const { run } = realSystem()
test('reports a program that is missing, fails, or hangs, and never throws', async () => {
  expect(await run(['/nonexistent/program'], { timeoutMs: 5000 })).toMatchObject({
    ok: false,
    output: expect.stringContaining('ENOENT'),
  })
  expect(await run(['sh', '-c', 'echo why >&2; exit 3'], { timeoutMs: 5000 })).toEqual({
    ok: false,
    stdout: '',
    output: 'why',
  })
  // The grandchild holds the pipe open after its parent has been killed.
  const hanging = await run(['sh', '-c', 'sleep 2; true'], { timeoutMs: 100 })
  expect(hanging).toMatchObject({ ok: false, output: 'no answer after 0.1 s' })
})
