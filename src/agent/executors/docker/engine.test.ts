/** Engines of several versions: a server on a socket with the refusals of real ones. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectEngine } from './engine.ts'
import { classifyRefusal, EngineRefusal, toRadixError } from './engine-errors.ts'

/** `versions.minimum` may change while it runs. */
async function startEngine(versions: { current: string; minimum?: string }) {
  const directory = await mkdtemp(join(tmpdir(), 'radix-engine-'))
  const socketPath = join(directory, 'docker.sock')
  const asked: string[] = []
  const server = createServer((request, response) => {
    const { url = '' } = request
    asked.push(url)
    const answer = (status: number, body: object) => response.writeHead(status).end(JSON.stringify(body))
    if (url === '/version') return answer(200, { ApiVersion: versions.current, MinAPIVersion: versions.minimum })
    const version = /^\/v([\d.]+)\//.exec(url)?.[1] ?? ''
    if (Number(version.slice(2)) < Number((versions.minimum ?? '1.0').slice(2))) {
      const message = `client version ${version} is too old. Minimum supported API version is ${versions.minimum}, please upgrade your client to a newer version`
      return answer(400, { message })
    }
    return answer(200, { Id: 'sha256:1', RepoDigests: null })
  })
  server.listen(socketPath)
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    await rm(directory, { recursive: true })
  })
  return { engine: connectEngine(socketPath), asked }
}

describe('the version of the API', () => {
  it.each([
    [{ current: '1.52', minimum: '1.44' }, '/v1.44/'],
    [{ current: '1.41', minimum: '1.12' }, '/v1.41/'],
    [{ current: '1.47', minimum: '1.24' }, '/v1.41/'],
    [{ current: '1.43' }, '/v1.41/'],
  ])('is one that an engine with %j supports', async (versions, prefix) => {
    const { engine, asked } = await startEngine(versions)
    expect((await engine.inspectImage('ubuntu'))?.Id).toBe('sha256:1')
    await engine.inspectImage('ubuntu')
    expect(asked).toEqual(['/version', `${prefix}images/ubuntu/json`, `${prefix}images/ubuntu/json`])
  })

  it('is an error with a code without a common version', async () => {
    const { engine } = await startEngine({ current: '1.40' })
    await expect(engine.inspectImage('ubuntu')).rejects.toMatchObject({ code: 'CONTAINER_ENGINE_INCOMPATIBLE' })
  })

  it('is negotiated again after the engine was replaced', async () => {
    const versions = { current: '1.43', minimum: '1.12' }
    const { engine } = await startEngine(versions)
    await engine.inspectImage('ubuntu')
    Object.assign(versions, { current: '1.52', minimum: '1.44' })
    await expect(engine.inspectImage('ubuntu')).rejects.toThrow('too old')
    expect((await engine.inspectImage('ubuntu'))?.Id).toBe('sha256:1')
  })
})

it.each([
  [
    'client version 1.41 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version',
    'CONTAINER_ENGINE_INCOMPATIBLE',
  ],
  ['client version 1.55 is too new. Maximum supported API version is 1.47', 'CONTAINER_ENGINE_INCOMPATIBLE'],
  ['could not select device driver "" with capabilities: [[gpu]]', 'CONTAINER_GPU_RUNTIME_MISSING'],
  [
    'nvidia-container-cli: initialization error: load library failed: libnvidia-ml.so.1: cannot open shared object file',
    'CONTAINER_GPU_RUNTIME_MISSING',
  ],
  ['failed to register layer: write /usr/lib/libnvidia-ml.so: no space left on device', 'CONTAINER_ENGINE_FULL'],
  ['No such image: ghcr.io/example/resnet50:1', 'WORKLOAD_IMAGE_MISSING'],
  ['manifest for example/resnet50:9 not found: manifest unknown: manifest unknown', 'WORKLOAD_IMAGE_MISSING'],
  ['pull access denied for example, repository does not exist or may require docker login', 'WORKLOAD_IMAGE_MISSING'],
  ['exec: "python3": executable file not found in $PATH', 'CONTAINER_START_FAILED'],
])('classifies %j', (message, code) => {
  expect(classifyRefusal(message)).toBe(code)
  expect(toRadixError(new EngineRefusal(500, message), 'image')).toMatchObject({ code })
})
