import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkAgentImage, lookForImage, parseReference } from './agent-image.ts'
import type { CheckContext } from './check.ts'

let server: Server
let registry: string
/** Statuses by method and path; `token`: only with the anonymous token. */
let images: Record<string, number>
/** The body of the answer to a GET, by path. */
let bodies: Record<string, unknown>
/** The status of the token service, and the length of its token. */
let tokenStatus: number
let tokenLength: number
let location: string | undefined

beforeEach(async () => {
  images = {}
  bodies = {}
  tokenStatus = 200
  tokenLength = 0
  location = undefined
  server = createServer((incoming, outgoing) => {
    const { url = '', method, headers } = incoming
    if (url.startsWith('/elsewhere')) {
      const isTrusted = headers.authorization === undefined
      return void outgoing.writeHead(isTrusted ? 200 : 400).end(JSON.stringify(bodies[url]))
    }
    if (url.startsWith('/token')) {
      const text = JSON.stringify({ token: `anonymous${'x'.repeat(tokenLength)}` })
      return void outgoing.writeHead(tokenStatus, location ? { location } : {}).end(text)
    }
    if (headers.authorization !== 'Bearer anonymous') {
      const challenge = `Bearer realm="http://${registry}/token",service="registry",scope="repository:x:pull"`
      return void outgoing.writeHead(401, { 'www-authenticate': challenge }).end()
    }
    if (url.includes('/blobs/')) return void outgoing.writeHead(307, { location: '/elsewhere' }).end()
    if (method === 'GET') return void outgoing.writeHead(url in bodies ? 200 : 404).end(JSON.stringify(bodies[url]))
    const digest = { 'docker-content-digest': 'sha256:abc' }
    outgoing.writeHead(images[`${method} ${url}`] ?? 404, digest).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  registry = `127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

it('is found with the anonymous token of a registry', async () => {
  images['HEAD /v2/radix/agent/manifests/1.0'] = 200
  expect(await lookForImage(`${registry}/radix/agent:1.0`)).toMatchObject({ outcome: 'found' })
})

it('is absent when it was not published, or needs a sign-in', async () => {
  expect(await lookForImage(`${registry}/radix/agent:latest`)).toEqual({ outcome: 'absent' })
  tokenStatus = 403
  images['HEAD /v2/radix/agent/manifests/1.0'] = 200
  expect(await lookForImage(`${registry}/radix/agent:1.0`)).toEqual({ outcome: 'absent' })
})

it('is unknown when the registry fails or is unreachable', async () => {
  images['HEAD /v2/radix/agent/manifests/1.0'] = 503
  expect(await lookForImage(`${registry}/radix/agent:1.0`)).toMatchObject({ outcome: 'unknown' })
  expect(await lookForImage('127.0.0.1:1/radix/agent:1.0')).toMatchObject({ outcome: 'unknown' })
})

describe('the platforms of an image', () => {
  const MANIFEST = '/v2/radix/agent/manifests/1.0'
  const platform = (os: string, architecture: string) => ({ platform: { os, architecture } })
  beforeEach(() => {
    images[`HEAD ${MANIFEST}`] = 200
  })
  const check = () =>
    checkAgentImage({ settings: { agentImage: `${registry}/radix/agent:1.0` } } as unknown as CheckContext)

  it('are those of its index', async () => {
    bodies[MANIFEST] = { manifests: [platform('linux', 'arm64'), platform('linux', 'amd64'), {}] }
    const value = { digest: 'sha256:abc', platforms: ['linux/arm64', 'linux/amd64'] }
    expect(await lookForImage(`${registry}/radix/agent:1.0`)).toEqual({ outcome: 'found', value })
    expect(await check()).toEqual([])
  })

  it('are that of its configuration, to which no token goes along', async () => {
    bodies[MANIFEST] = { config: { digest: 'sha256:0123' } }
    bodies['/elsewhere'] = { os: 'linux', architecture: 'arm64' }
    expect(await check()).toMatchObject([
      {
        severity: 'error',
        message: expect.stringContaining('it is for linux/arm64, and the machine needs linux/amd64'),
      },
    ])
  })

  it('are not known where they could not be read: a warning, and no error', async () => {
    expect(await check()).toMatchObject([{ severity: 'warning', message: expect.stringContaining('is not known') }])
  })
})

it.each([
  ['a proxy wants a sign-in', 407, 0],
  ['the token service is missing', 404, 0],
  ['the token service redirects', 302, 0],
  ['the token is too long', 200, 2_000_000],
])('is unknown when %s', async (_, status, length) => {
  images['HEAD /v2/radix/agent/manifests/1.0'] = 200
  tokenStatus = status
  tokenLength = length
  location = status === 302 ? `http://${registry}/sign-in` : undefined
  expect(await lookForImage(`${registry}/radix/agent:1.0`)).toMatchObject({ outcome: 'unknown' })
})

it.each([
  ['ghcr.io/iangreen74/radix-agent:latest', 'ghcr.io', 'iangreen74/radix-agent', 'latest'],
  ['localhost:5000/agent', 'localhost:5000', 'agent', 'latest'],
  ['ubuntu', 'registry-1.docker.io', 'library/ubuntu', 'latest'],
  ['docker.io/me/agent:2', 'registry-1.docker.io', 'me/agent', '2'],
  ['me/agent@sha256:abc', 'registry-1.docker.io', 'me/agent', 'sha256:abc'],
  ['ghcr.io/me/agent:2@sha256:abc', 'ghcr.io', 'me/agent', 'sha256:abc'],
])('%s is %s, %s, %s', (reference, host, repository, version) => {
  expect(parseReference(reference)).toEqual({ registry: host, repository, version })
})
