import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../core/clock.ts'
import { RELAY_LIMITS } from '../core/limits/relay.ts'
import { openAccess, parseAccessFile, renderAccessFile, sealAccess } from './access.ts'
import { newRelayKey } from './seal.ts'
import { createUrlTransport } from './url-transport.ts'

const { signal } = new AbortController()
const key = newRelayKey()
const ADDRESSES = { readUrl: 'https://b.example/to-agent?X=1', writeUrl: 'https://b.example/up?X=2' }
const expiresAt = new Date('2026-03-01T12:00:00Z')

let server: Server
let url: string
let documents: Map<string, Buffer>
/** Of requests, with the version that the reader has. */
let requests: string[]

beforeEach(async () => {
  documents = new Map()
  requests = []
  server = createServer(async (incoming, outgoing) => {
    const { method, url: path = '', headers } = incoming
    const known = headers['if-none-match']
    requests.push([method, path, known].filter(Boolean).join(' '))
    if (method === 'PUT') {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk)
      documents.set(path, Buffer.concat(chunks))
      return void outgoing.end()
    }
    const document = documents.get(path)
    const etag = `"${document?.length}"`
    if (!document) outgoing.writeHead(path === '/denied' ? 403 : 404).end()
    else if (known === etag) outgoing.writeHead(304).end()
    else outgoing.writeHead(200, { etag }).end(document)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

describe('a relay file', () => {
  it('has what an agent needs, and fits where the secret of a machine fits', () => {
    const access = { clusterId: 'cl_1', key, url: `https://b.example/access?${'x'.repeat(2500)}` }
    const text = renderAccessFile({ ...access, onboardingToken: 'radix_ot_1' })
    expect(parseAccessFile(text, 'file')).toEqual({ ...access, onboardingToken: 'radix_ot_1' })
    expect(text.length).toBeLessThan(4096)
    expect(parseAccessFile(renderAccessFile(access), 'file').onboardingToken).toBeUndefined()
  })

  it.each([
    ['', /not JSON/],
    ['{"version":2}', /version/],
    ['{"version":1,"cluster_id":"cl_1","key":"short","url":"https://b.example"}', /not a key/],
    ['{"version":1,"cluster_id":"cl_1","key":"short","url":"file:///etc/passwd"}', /url/],
  ])('is refused with the reason: %s', (text, reason) => {
    const refused = expect.objectContaining({ code: 'RELAY_FILE_INVALID', why: expect.stringMatching(reason) })
    expect(() => parseAccessFile(text, 'relay.json')).toThrow(refused)
  })
})

describe('the addresses of a relay', () => {
  it('are opened with the key of the file', async () => {
    documents.set('/access', Buffer.from(sealAccess(key, { ...ADDRESSES, expiresAt })))
    const opened = await openAccess({ clusterId: 'cl_1', key, url: `${url}/access` }, signal)
    expect(opened).toEqual({ ...ADDRESSES, expiresAt })
    expect(documents.get('/access')?.toString('latin1')).not.toContain('example')
  })

  it('are not taken from another', async () => {
    documents.set('/access', Buffer.from(sealAccess(newRelayKey(), { ...ADDRESSES, expiresAt })))
    const opening = openAccess({ clusterId: 'cl_1', key, url: `${url}/access` }, signal)
    await expect(opening).rejects.toMatchObject({ code: 'RELAY_CLOSED' })
  })

  it('are not closed because they cannot be reached', async () => {
    let nowMs = 0
    const clock = {
      ...systemClock,
      monotonicMs: () => nowMs,
      sleep: async (durationMs: number) => {
        nowMs += durationMs
      },
    }
    await new Promise((resolve) => server.close(resolve))
    const opening = openAccess({ clusterId: 'cl_1', key, url: `${url}/access?X-Amz-Signature=secret` }, signal, clock)
    const why = expect.stringMatching(/^No answer from the relay at http:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED/)
    await expect(opening).rejects.toMatchObject({ code: 'API_UNREACHABLE', why })
    expect(nowMs).toBeGreaterThan(RELAY_LIMITS.accessWait.value / 2)
  })

  it.each(['/gone', '/denied'])('are closed once S3 says so: %s', async (path) => {
    const opening = openAccess({ clusterId: 'cl_1', key, url: url + path }, signal)
    await expect(opening).rejects.toMatchObject({ code: 'RELAY_CLOSED' })
    expect(requests).toHaveLength(1)
  })
})

describe('a relay over two documents', () => {
  it('reads what was written, once', async () => {
    const transport = createUrlTransport({ readUrl: `${url}/a`, writeUrl: `${url}/b` })
    expect(await transport.read(signal)).toBeUndefined()
    documents.set('/a', Buffer.from('one'))
    expect(Buffer.from((await transport.read(signal)) ?? []).toString()).toBe('one')
    expect(await transport.read(signal)).toBeUndefined()
    await transport.write(Buffer.from('two'), signal)
    expect(documents.get('/b')?.toString()).toBe('two')
    expect(requests).toEqual(['GET /a', 'GET /a', 'GET /a "3"', 'PUT /b'])
  })

  it('does not take a refusal for an empty document', async () => {
    const transport = createUrlTransport({ readUrl: `${url}/denied`, writeUrl: `${url}/b` })
    await expect(transport.read(signal)).rejects.toThrow('403')
  })
})
