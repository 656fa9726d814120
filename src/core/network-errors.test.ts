import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { classifyNetworkCode, describeNetworkError, findNetworkError, isUnexpectedRedirect } from './network-errors.ts'

let server: Server | undefined
afterEach(() => {
  server?.close()
})

async function listen(opened: Server): Promise<string> {
  server = opened
  await new Promise<void>((resolve) => opened.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(opened.address() as AddressInfo).port}`
}

async function errorOf(url: string, init: RequestInit = {}): Promise<unknown> {
  return fetch(url, init).then(
    ({ status }) => new Error(`no error, but ${status}`),
    (error: unknown) => error,
  )
}

describe('a real error of fetch', () => {
  it('is "refused" when nothing listens', async () => {
    const address = await listen(createServer())
    await new Promise((resolve) => server?.close(resolve))
    const error = await errorOf(`http://${address}/`)
    expect(findNetworkError(error)).toMatchObject({ failure: 'refused', code: 'ECONNREFUSED' })
    expect(describeNetworkError(error)).toContain('ECONNREFUSED')
  })

  it('is an unresolved name', async () => {
    expect(findNetworkError(await errorOf('http://radix.invalid/'))).toMatchObject({ failure: 'name' })
  })

  it('is a broken connection', async () => {
    const address = await listen(createServer((socket) => socket.once('data', () => socket.destroy())))
    expect(findNetworkError(await errorOf(`http://${address}/`))).toMatchObject({ failure: 'broken' })
  })

  it('is TLS when the other side does not speak it', async () => {
    const address = await listen(createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
    expect(findNetworkError(await errorOf(`https://${address}/`))).toMatchObject({ failure: 'tls' })
  })

  it('is none of the network where it was a redirect, or took too long; both have words', async () => {
    const address = await listen(
      createHttpServer(({ url }, response) => {
        if (url === '/redirect') response.writeHead(307, { location: '/elsewhere' }).end()
      }),
    )
    const redirect = await errorOf(`http://${address}/redirect`, { redirect: 'error' })
    expect(isUnexpectedRedirect(redirect)).toBe(true)
    expect(describeNetworkError(redirect)).toContain('credentials are not sent on')
    const late = await errorOf(`http://${address}/silent`, { signal: AbortSignal.timeout(50) })
    expect(describeNetworkError(late)).toBe('it did not answer in time')
  })
})

it.each([
  ['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
  ['CERT_HAS_EXPIRED', 'tls'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
  ['EAI_AGAIN', 'name'],
  ['UND_ERR_CONNECT_TIMEOUT', 'timed-out'],
  ['UND_ERR_SOCKET', 'broken'],
  ['ECONNRESET', 'broken'],
  ['ENETUNREACH', 'route'],
  ['ENOENT', undefined],
  ['RequestLimitExceeded', undefined],
])('%s is %s', (code, failure) => expect(classifyNetworkCode(code)).toBe(failure))
