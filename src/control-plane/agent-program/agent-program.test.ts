/** The routes that hand out the agent, on a real server. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AgentManifest } from '../../contract/schemas/agent-program.ts'
import { VERSION } from '../../core/version.ts'
import { readProblem } from '../testing/requests.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
let manifest: AgentManifest
beforeAll(async () => {
  server = await startTestServer()
  manifest = await server.clientWith('').call('getAgentManifest', {})
})
afterAll(() => server.close())

const get = (path: string, headers: Record<string, string> = {}) => fetch(server.url + path, { headers })
const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')

it('hands out a script for POSIX shells that is the same for every caller, with the digests of the files', async () => {
  const response = await get('/agent/install.sh', { host: 'evil.example', 'x-forwarded-host': "';reboot;'" })
  const script = Buffer.from(await response.arrayBuffer())
  expect(response.headers.get('content-type')).toBe('text/x-shellscript; charset=utf-8')
  expect(response.headers.get('cache-control')).toBe('no-cache')
  expect({ sha256: sha256(script), size_bytes: script.length }).toMatchObject({
    sha256: manifest.install_script.sha256,
    size_bytes: manifest.install_script.size_bytes,
  })
  for (const shell of ['dash', 'bash']) execFileSync(shell, ['-n'], { input: script })
  for (const { program, runtime } of manifest.platforms) {
    expect(script.toString()).toContain(program.sha256)
    expect(script.toString()).toContain(runtime.unpacked_sha256)
  }
  const etag = response.headers.get('etag') ?? ''
  expect((await get('/agent/install.sh', { 'if-none-match': etag })).status).toBe(304)
})

it('says which file is missing in a folder that the script is to take the agent from', async () => {
  const script = await (await get('/agent/install.sh')).text()
  const folder = await mkdtemp(join(tmpdir(), 'radix-agent-'))
  try {
    const argv = [
      '-s',
      '--',
      '--api-base',
      server.url,
      '--from',
      folder,
      '--prefix',
      join(folder, 'agent'),
      '--unpack-only',
    ]
    const { status, stderr } = spawnSync('sh', argv, { input: script, encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr).toContain(`error INSTALL_USAGE: The folder ${folder} has no file program.tar.gz`)
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('hands out the version of the server, with its workloads and without their tests, forever under its name', async () => {
  expect(manifest.version).toBe(VERSION)
  expect(manifest.platforms.map(({ platform }) => platform)).toEqual(['linux-x64', 'linux-arm64'])
  const program = manifest.platforms[0]?.program
  const response = await get(program?.path ?? '')
  const archive = Buffer.from(await response.arrayBuffer())
  expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(sha256(archive)).toBe(program?.sha256)
  expect(archive.length).toBe(program?.size_bytes)
  const folder = await mkdtemp(join(tmpdir(), 'radix-agent-'))
  try {
    await writeFile(join(folder, 'a.tar.gz'), archive)
    const names = execFileSync('tar', ['-tzf', join(folder, 'a.tar.gz')], { encoding: 'utf8' })
      .trim()
      .split('\n')
    expect(names).toEqual(expect.arrayContaining(['install.sh', 'package.json', 'workloads/resnet50/train.py']))
    expect(names.filter((name) => /test|^\/|\.\./.test(name))).toEqual([])
    execFileSync('tar', ['-xzf', 'a.tar.gz'], { cwd: folder })
    const argv = [join(folder, 'dist/agent/bundle/agent.mjs'), '--version']
    expect(execFileSync(process.execPath, argv, { encoding: 'utf8' }).trim()).toBe(VERSION)
  } finally {
    await rm(folder, { recursive: true })
  }
})

describe('a file', () => {
  it('can be asked for without its content', async () => {
    const program = manifest.platforms[0]?.program
    const response = await fetch(server.url + program?.path, { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-length')).toBe(String(program?.size_bytes))
    expect(await response.text()).toBe('')
  })

  it.each([
    ['of another version', 'agent-0.0.1-0123456789abcdef.tar.gz', 404, 'AGENT_FILE_NOT_FOUND'],
    ['of another platform', 'node-24.21.0-0f8949d1028f6d61.gz', 404, 'AGENT_FILE_NOT_FOUND'],
    ['above its folder', encodeURIComponent('../../../etc/passwd'), 400, 'REQUEST_INVALID'],
    ['with a NUL', 'agent%00.gz', 400, 'REQUEST_INVALID'],
  ])('%s is not there', async (_, name, status, code) => {
    expect(await readProblem(await get(`/agent/linux-x64/${name}`))).toMatchObject({ status, code })
  })

  it('of a platform without an agent is not there', async () => {
    const problem = await readProblem(await get('/agent/win32-x64/agent.gz'))
    expect(problem).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
  })
})

it('limits how often one address may ask', async () => {
  const answers = await Promise.all(Array.from({ length: 130 }, () => get('/agent/manifest')))
  const refused = answers.find(({ status }) => status === 429)
  expect(refused && (await readProblem(refused)).code).toBe('RATE_LIMITED')
})
