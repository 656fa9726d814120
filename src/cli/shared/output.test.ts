import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'

const output = JSON.stringify(join(import.meta.dirname, 'output.ts'))

/** Runs a script that imports all of output.ts. */
function start(script: string, env: Record<string, string> = {}) {
  const source = `import * as output from ${output}\n${script}`
  return spawn(process.execPath, ['--input-type=module', '--eval', source], {
    env: { ...process.env, GITHUB_ACTIONS: 'false', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function run(script: string, env?: Record<string, string>): Promise<string> {
  return text(start(script, env).stdout)
}

it('gives a slow reader all of it before the process ends', async () => {
  // It writes more than a pipe holds, and would like to end before anything is read.
  const script = `output.printJson('x'.repeat(3_000_000))
    process.stderr.write('ending')
    await output.drainOutput()
    process.exit(0)`
  const child = start(script)
  await once(child.stderr, 'data')
  expect((await text(child.stdout)).length).toBe(3_000_003)
})

it('prints no control sequences, in text, tables and JSON', async () => {
  const script = `const evil = '\\x1b]52;c;eA==\\x07a\\x9b2J\\u2028b'
    output.print(evil)
    output.printStyled('\\x1b[31m' + evil + '\\x1b[39m')
    output.print(output.renderTable(['A', 'B'], [[evil + '\\nc', 1]]))
    output.printJson({ evil })`
  expect(await run(script)).toBe(
    'ab\n\x1b[31mab\x1b[39m\nA     B\nab c  1\n{\n  "evil": "\\u001b]52;c;eA==\\u0007a\\u009b2J\\u2028b"\n}\n',
  )
})

it('keeps a sentence with text from outside on one line', async () => {
  const script = "output.printLine('cl_1 (lab\\nerror INTERNAL: it failed) is active.')"
  expect(await run(script)).toBe('cl_1 (lab error INTERNAL: it failed) is active.\n')
})

it('prints a line of a log as one line, whatever it holds, which gives no orders', async () => {
  const script = "output.printLogLine('  ##[x]\\n::add-mask::x\\rerror INTERNAL: it failed\\n')"
  expect(await run(script, { GITHUB_ACTIONS: 'true' })).toBe('  ##\u200b[x] ::add-mask::x error INTERNAL: it failed\n')
})

it('prints a value on one line, unchanged, also in GitHub Actions', async () => {
  const script = "output.printJsonLine({ name: '::x ##[group]\\x9b2J' })"
  const printed = await run(script, { GITHUB_ACTIONS: 'true' })
  expect(printed.trimEnd().split('\n')).toHaveLength(1)
  expect(printed).not.toContain('##[')
  expect(JSON.parse(printed)).toEqual({ name: '::x ##[group]\x9b2J' })
})

it('prints no workflow commands in GitHub Actions', async () => {
  const script = "output.print('::add-mask::x\\n ##[group]y'); output.printJson('##[group]')"
  const printed = await run(script, { GITHUB_ACTIONS: 'true' })
  expect(printed).not.toMatch(/^\s*::|##\[/m)
  expect(JSON.parse(printed.split('\n')[2] ?? '')).toBe('##[group]')
})
