import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lookForImage, parseReference } from './agent-image.ts'

let server: Server
let registry: string
/** Statuses by method and path; `token`: only with the anonymous token. */
let images: Record<string, number>
/** The status of the token service, and the length of its token. */
let tokenStatus: number
let tokenLength: number
let location: string | undefined

beforeEach(async () => {
  images = {}
  tokenStatus = 200
  tokenLength = 0
  location = undefined
  server = createServer((incoming, outgoing) => {
    const { url = '', method, headers } = incoming
    if (url.startsWith('/token')) {
      const text = JSON.stringify({ token: `anonymous${'x'.repeat(tokenLength)}` })
      return void outgoing.writeHead(tokenStatus, location ? { location } : {}).end(text)
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
