import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { boundedFetch, StatusError } from './bounded-fetch.ts'
import { systemClock } from './clock.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener)
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const slept: number[] = []
const clock = { ...systemClock, sleep: async (ms: number) => void slept.push(ms) }
const bounds = { timeoutMs: 5000, maxBytes: 1000, clock }

it.each([429, 500, 503])('retries after a %d with growing pauses', async (status) => {
  slept.length = 0
  let asked = 0
  const url = await serve((_, response) => {
    response.statusCode = ++asked < 4 ? status : 200
    response.end('there')
  })
  const { bytes } = await boundedFetch(url, { ...bounds, retries: 5 })
  expect(Buffer.from(bytes).toString()).toBe('there')
  expect(slept).toHaveLength(3)
})

it.each([401, 403, 404])('accepts a %d as the answer', async (status) => {
  let asked = 0
  const url = await serve((_, response) => {
    asked++
    response.statusCode = status
    response.end()
  })
  await expect(boundedFetch(url, { ...bounds, retries: 5 })).rejects.toThrow(StatusError)
  expect(asked).toBe(1)
})

it('retries when no answer arrives in time, and gives up', async () => {
  let asked = 0
  const url = await serve(() => asked++)
  await expect(boundedFetch(url, { ...bounds, timeoutMs: 50, retries: 2 })).rejects.toThrow('timeout')
  expect(asked).toBe(3)
})

it('retries only within its time limit', async () => {
  let asked = 0
  const url = await serve((_, response) => {
    asked++
    response.writeHead(503).end()
  })
  let nowMs = 0
  const sleep = async (ms: number) => {
    nowMs += ms
  }
  const timed = { ...systemClock, monotonicMs: () => nowMs, sleep }
  const bound = { ...bounds, clock: timed, retries: 100, backoff: { initialMs: 100, maximumMs: 100 }, totalMs: 1000 }
  await expect(boundedFetch(url, bound)).rejects.toMatchObject({ status: 503 })
  expect(nowMs).toBeLessThan(1000)
  expect(asked).toBeGreaterThan(5)
  expect(asked).toBeLessThan(30)
})

it('stops reading an answer that is too long', async () => {
  const url = await serve((_, response) => {
    const fill = () => {
      while (response.write('x'.repeat(1000)));
    }
    response.on('drain', fill)
    fill()
  })
  await expect(boundedFetch(url, { ...bounds, retries: 5 })).rejects.toThrow('longer than 1000 bytes')
})

it('follows no redirect, so that headers go to no other host', async () => {
  const paths: (string | undefined)[] = []
  const url = await serve(({ url: path }, response) => {
    paths.push(path)
    response.writeHead(307, { location: '/elsewhere' }).end()
  })
  await expect(boundedFetch(url, { ...bounds, headers: { authorization: 'Bearer x' }, retries: 5 })).rejects.toThrow()
  expect(paths).toEqual(['/'])
})
