import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'

const output = JSON.stringify(join(import.meta.dirname, 'output.ts'))

/** Runs a script that imports all of output.ts. The reader of its stdout is slow. */
async function runSlowly(script: string, env: Record<string, string> = {}): Promise<string> {
  const source = `import * as output from ${output}\n${script}`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    env: { ...process.env, GITHUB_ACTIONS: 'false', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    // The pipe is full by then, and the process would like to end.
    if (text === '') await setTimeout(300)
    text += chunk
  }
  return text
}

it('gives a slow reader all of it before the process ends', async () => {
  const script = "output.printJson('x'.repeat(3_000_000)); await output.drainOutput(); process.exit(0)"
  expect((await runSlowly(script)).length).toBe(3_000_003)
})

it('prints nothing that steers a terminal, in text, tables and JSON', async () => {
  const script = `const evil = '\\x1b]52;c;eA==\\x07a\\x9b2J\\u2028b'
    output.print(evil)
    output.printStyled('\\x1b[31m' + evil + '\\x1b[39m')
    output.print(output.renderTable(['A', 'B'], [[evil + '\\nc', 1]]))
    output.printJson({ evil })`
  expect(await runSlowly(script)).toBe(
    'ab\n\x1b[31mab\x1b[39m\nA     B\nab c  1\n{\n  "evil": "\\u001b]52;c;eA==\\u0007a\\u009b2J\\u2028b"\n}\n',
  )
})

it('keeps a sentence with text from outside on one line', async () => {
  const script = "output.printLine('cl_1 (lab\\nerror INTERNAL: it failed) is active.')"
  expect(await runSlowly(script)).toBe('cl_1 (lab error INTERNAL: it failed) is active.\n')
})

it('prints a line of a log as one line, whatever it holds, which gives no orders', async () => {
  const script = "output.printLogLine('  ##[x]\\n::add-mask::x\\rerror INTERNAL: it failed\\n')"
  const text = await runSlowly(script, { GITHUB_ACTIONS: 'true' })
  expect(text).toBe('  ##\u200b[x] ::add-mask::x error INTERNAL: it failed\n')
})

it('prints a value on one line that programs read as it is, also in GitHub Actions', async () => {
  const script = "output.printJsonLine({ name: '::x ##[group]\\x9b2J' })"
  const text = await runSlowly(script, { GITHUB_ACTIONS: 'true' })
  expect(text.trimEnd().split('\n')).toHaveLength(1)
  expect(text).not.toContain('##[')
  expect(JSON.parse(text)).toEqual({ name: '::x ##[group]\x9b2J' })
})

it('gives the runner of GitHub Actions no orders', async () => {
  const script = "output.print('::add-mask::x\\n ##[group]y'); output.printJson('##[group]')"
  const text = await runSlowly(script, { GITHUB_ACTIONS: 'true' })
  expect(text).not.toMatch(/^\s*::|##\[/m)
  expect(JSON.parse(text.split('\n')[2] ?? '')).toBe('##[group]')
})
