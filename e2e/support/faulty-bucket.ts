/**
 * Stands between both ends of a relay and the bucket, and does to the slots what networks do: requests are lost, answers are
 * lost after the work was done, writes arrive again and after later ones. By a seed; everything else passes unchanged.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '../../src/core/seeded-random.ts'
import { signalFor } from './within.ts'

export interface FaultyBucket {
  url: string
  /** Of requests to a slot. */
  faultRate: number
  /** What happened so far, by name. */
  readonly happened: Readonly<Record<Fault, number>>
  close(): Promise<void>
}

type Fault = 'request lost' | 'answer lost' | 'write repeated later' | 'write delayed'

const SLOT = /\/to-(agent|control-plane)(\?|$)/
const ANSWER_TIMEOUT_MS = 30_000
/** Longer than the pause of a writer after an error: the delayed write arrives after a later one. */
const LATE_MS = 1500

export async function startFaultyBucket(target: string, seed: number): Promise<FaultyBucket> {
  const random = seededRandom(seed)
  const happened: Record<Fault, number> = {
    'request lost': 0,
    'answer lost': 0,
    'write repeated later': 0,
    'write delayed': 0,
  }
  const late = new Set<Promise<unknown>>()
  const bucket = { faultRate: 0 }

  async function passOn({ method = '', url = '', headers }: IncomingMessage, body: Buffer): Promise<Response> {
    const { host: _host, connection: _connection, 'content-length': _length, expect: _expect, ...kept } = headers
    const signal = signalFor(ANSWER_TIMEOUT_MS, `moto's answer to ${method} ${url}`)
    const sent = method === 'GET' || method === 'HEAD' ? {} : { body: Uint8Array.from(body) }
    return fetch(target + url, { method, headers: kept as Record<string, string>, signal, redirect: 'manual', ...sent })
  }

  function sendLater(incoming: IncomingMessage, body: Buffer): void {
    const sending = delay(LATE_MS).then(() => passOn(incoming, body).then((answer) => answer.arrayBuffer()))
    late.add(sending.catch(() => {}).finally(() => late.delete(sending)))
  }

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const isHit = SLOT.test(incoming.url ?? '') && random.uniform() < bucket.faultRate
    const isWrite = incoming.method === 'PUT'
    const fault = random.pick<Fault>(
      isWrite
        ? ['request lost', 'answer lost', 'write repeated later', 'write delayed']
        : ['request lost', 'answer lost'],
    )
    if (isHit) happened[fault]++
    if (isHit && (fault === 'write repeated later' || fault === 'write delayed')) sendLater(incoming, body)
    if (isHit && (fault === 'request lost' || fault === 'write delayed')) return void outgoing.destroy()
    const answer = await passOn(incoming, body)
    const content = Buffer.from(await answer.arrayBuffer())
    if (isHit && fault === 'answer lost') return void outgoing.destroy()
    const { 'content-length': _, 'transfer-encoding': __, ...kept } = Object.fromEntries(answer.headers)
    outgoing.writeHead(answer.status, kept).end(content)
  }

  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(bucket, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    happened,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await Promise.all(late)
    },
  })
}
