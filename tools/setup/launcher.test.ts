/** Of `radix` in the root of the clone: it shares `.radix/node-path` and npm's record in node_modules with the set-up. */
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from './fake-host.ts'

function setUpClone() {
  const root = temporaryFolder()
  for (const folder of ['.radix', 'node_modules', 'bin']) mkdirSync(join(root, folder))
  const fakeNode = join(root, 'bin', 'node')
  writeFileSync(fakeNode, '#!/bin/sh\necho "$@"\n')
  chmodSync(fakeNode, 0o755)
  writeFileSync(join(root, 'package-lock.json'), '{}')
  copyFileSync(join(import.meta.dirname, '../../radix'), join(root, 'radix'))
  symlinkSync('radix', join(root, 'link'))
  const launch = (command = 'bench') => {
    const env = { PATH: `${join(root, 'bin')}:${process.env.PATH}` }
    return spawnSync(join(root, 'link'), [command, 'a b'], { cwd: '/', env, encoding: 'utf8' }).stdout.trim()
  }
  return { root, fakeNode, launch }
}

test('runs the program at once when all is set up, from anywhere and through a link', () => {
  const { root, fakeNode, launch } = setUpClone()
  writeFileSync(join(root, '.radix', 'node-path'), `${fakeNode}\n`)
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), '')
  expect(launch()).toBe(`${root}/src/cli/main.ts bench a b`)
})

test('sets up first when the Node or the dependencies are missing or older than package-lock.json', () => {
  const { root, fakeNode, launch } = setUpClone()
  const setsUp = `${root}/tools/setup/main.mjs exec node ${root}/src/cli/main.ts bench a b`
  expect(launch()).toBe(setsUp)
  writeFileSync(join(root, '.radix', 'node-path'), `${fakeNode}\n`)
  expect(launch()).toBe(setsUp)
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), '')
  utimesSync(join(root, 'node_modules', '.package-lock.json'), 1, 1)
  expect(launch()).toBe(setsUp)
})

test('only a command that shows the dashboard waits for it to be built', () => {
  const { root, fakeNode, launch } = setUpClone()
  writeFileSync(join(root, '.radix', 'node-path'), `${fakeNode}\n`)
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), '')
  expect(launch('job')).toBe(`${root}/src/cli/main.ts job a b`)
  expect(launch('server')).toBe(`${root}/tools/setup/main.mjs show node ${root}/src/cli/main.ts server a b`)
  mkdirSync(join(root, 'dist', 'dashboard'), { recursive: true })
  writeFileSync(join(root, 'dist', 'dashboard', 'index.html'), '')
  expect(launch('server')).toBe(`${root}/src/cli/main.ts server a b`)
})
