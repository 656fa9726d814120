import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { renderLauncher } from './build-package.ts'

const program = `import { noSuchName } from 'node:module'; console.log('started', noSuchName)`

it('says that Node is too old, where that Node cannot load the program', () => {
  expect(start('20.20.2', program)).toEqual({
    status: 1,
    stdout: '',
    stderr: `error SETUP_NODE_TOO_OLD: This Node is too old
  ${process.execPath} is Node 20.20.2. Radix needs Node 22 or later.
  fix: install Node 24 from https://nodejs.org/en/download, then repeat the command
`,
  })
})

it('starts the program with its arguments on the oldest Node that can load it', () => {
  const started = start('22.0.0', `console.log(process.argv.slice(2))`, 'bench', 'run')
  expect(started).toMatchObject({ status: 0, stdout: `[ 'bench', 'run' ]\n` })
})

/** The launcher beside a program, on a Node that says that it has the version. */
function start(version: string, source: string, ...argv: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'launcher-'))
  writeFileSync(join(folder, 'launcher.mjs'), renderLauncher())
  writeFileSync(join(folder, 'radix.mjs'), source)
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  const options = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`]
  const { status, stdout, stderr } = spawnSync(process.execPath, [...options, join(folder, 'launcher.mjs'), ...argv], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}
