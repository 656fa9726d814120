import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lookForImage, parseReference } from './agent-image.ts'

let server: Server
let registry: string
/** By method and path: the status with which it is answered; `token`: only with the anonymous token. */
let images: Record<string, number>
let givesTokens: boolean

beforeEach(async () => {
  images = {}
  givesTokens = true
  server = createServer((incoming, outgoing) => {
    const { url = '', method, headers } = incoming
    if (url.startsWith('/token')) {
      return void outgoing.writeHead(givesTokens ? 200 : 403).end(JSON.stringify({ token: 'anonymous' }))
    }
    if (headers.authorization !== 'Bearer anonymous') {
      const challenge = `Bearer realm="http://${registry}/token",service="registry",scope="repository:x:pull"`
      return void outgoing.writeHead(401, { 'www-authenticate': challenge }).end()
    }
    outgoing.writeHead(images[`${method} ${url}`] ?? 404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  registry = `127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

it('is found with the token that a registry gives to everyone', async () => {
  images['HEAD /v2/radix/agent/manifests/1.0'] = 200
  expect(await lookForImage(`${registry}/radix/agent:1.0`)).toMatchObject({ outcome: 'found' })
})

it('is absent where nothing was published, and where only a sign-in would do', async () => {
  expect(await lookForImage(`${registry}/radix/agent:latest`)).toEqual({ outcome: 'absent' })
  givesTokens = false
  images['HEAD /v2/radix/agent/manifests/1.0'] = 200
  expect(await lookForImage(`${registry}/radix/agent:1.0`)).toEqual({ outcome: 'absent' })
})

it('is unknown where the registry is not well, or not there', async () => {
  images['HEAD /v2/radix/agent/manifests/1.0'] = 503
  expect(await lookForImage(`${registry}/radix/agent:1.0`)).toMatchObject({ outcome: 'unknown' })
  expect(await lookForImage('127.0.0.1:1/radix/agent:1.0')).toMatchObject({ outcome: 'unknown' })
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
