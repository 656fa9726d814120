/** With a real proxy on this host, in child processes: Node decides at its start when to use a proxy. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { proxyEnvironment } from './proxy.ts'
import { runProgram } from './run-program.ts'

let origin: Server
let proxy: Server
let connected: (string | undefined)[]

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

beforeEach(() => {
  connected = []
  origin = createServer((_, response) => response.end('origin'))
  proxy = createServer((request, response) => {
    connected.push(request.url)
    response.end('origin')
  })
  proxy.on('connect', ({ url }, client) => {
    connected.push(url)
    const upstream = connect((origin.address() as AddressInfo).port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    for (const socket of [upstream, client]) socket.on('error', () => {})
  })
})
afterEach(() => {
  for (const server of [origin, proxy]) {
    server.closeAllConnections()
    server.close()
  }
})

/** With `fetch`, or with an agent like that of the AWS SDK. */
async function askBy(way: 'fetch' | 'agent', url: string, env: Record<string, string>): Promise<string> {
  const module = JSON.stringify(new URL('./proxy.ts', import.meta.url).href)
  const program = {
    fetch: `const { useProxyOf } = await import(${module}); useProxyOf(process.env)
      process.stdout.write(await (await fetch(${JSON.stringify(url)})).text())`,
    agent: `const { proxyAgents } = await import(${module}); const http = await import('node:http')
      http.get(${JSON.stringify(url)}, { agent: proxyAgents().httpAgent }, async (r) => {
        for await (const chunk of r) process.stdout.write(chunk); process.exit() })`,
  }[way]
  const outcome = await runProgram([process.execPath, '--input-type=module', '-e', program], {
    timeoutMs: 20_000,
    env: { PATH: process.env.PATH, ...env },
  })
  return outcome.outcome === 'exited' ? outcome.stdout || outcome.stderr : outcome.outcome
}

it.each(['fetch', 'agent'] as const)('is used for other hosts with %s', async (way) => {
  await listen(origin)
  const env = { HTTP_PROXY: `http://127.0.0.1:${await listen(proxy)}` }
  expect(await askBy(way, 'http://host.invalid/path', env)).toBe('origin')
  expect(connected.join()).toContain('host.invalid')
})

it.each(['fetch', 'agent'] as const)('is not used for this host or hosts in NO_PROXY with %s', async (way) => {
  const port = await listen(origin)
  const env = { HTTP_PROXY: `http://127.0.0.1:${await listen(proxy)}`, NO_PROXY: '.invalid' }
  expect(await askBy(way, `http://127.0.0.1:${port}/`, env)).toBe('origin')
  expect(await askBy(way, 'http://host.invalid/', env)).not.toBe('origin')
  expect(connected).toEqual([])
})

it('is unset without a variable, and lower case takes precedence', () => {
  expect(proxyEnvironment({ NO_PROXY: 'a' })).toBeUndefined()
  const env = { https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:1', NO_PROXY: 'x.example' }
  expect(proxyEnvironment(env)).toMatchObject({ HTTPS_PROXY: 'http://a:1' })
  expect(proxyEnvironment(env)?.NO_PROXY).toContain('x.example,localhost')
})
