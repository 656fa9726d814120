/**
 * One attempt to deliver: a signed POST (https://www.standardwebhooks.com), bounded in time and size, without redirects
 * and without a proxy. The address that is checked is the one that is connected to: a name that resolves anew for each
 * look cannot lead anywhere else.
 */
import { createHmac } from 'node:crypto'
import { type LookupAddress, lookup } from 'node:dns'
import { Agent, type ClientRequest, type RequestOptions, request } from 'node:http'
import { Agent as HttpsAgent, request as requestTls } from 'node:https'
import type { LookupFunction } from 'node:net'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { redact } from '../../core/redact.ts'
import { VERSION } from '../../core/version.ts'
import { mayReach, refuseAddress } from './addresses.ts'

export interface Message {
  deliveryId: string
  url: string
  secret: string
  body: string
}

export type Outcome = { status: number; error: string | null } | { status: null; error: string }

/** Never throws: what went wrong is the outcome. `allowed`: networks of the operator that may be reached. */
export async function sendMessage(
  message: Message,
  allowed: readonly string[],
  signal?: AbortSignal,
): Promise<Outcome> {
  const url = new URL(message.url)
  const refusal = refuseAddress(url, allowed)
  if (refusal !== undefined) return { status: null, error: refusal }
  const limit = AbortSignal.timeout(CONTROL_PLANE_LIMITS.webhookAnswer.value)
  try {
    const status = await post(url, message, {
      lookup: lookUpAllowed(url, allowed),
      signal: signal ? AbortSignal.any([limit, signal]) : limit,
    })
    return { status, error: status >= 200 && status < 300 ? null : `it answered ${status}` }
  } catch (error) {
    if (limit.aborted)
      return { status: null, error: `no answer within ${CONTROL_PLANE_LIMITS.webhookAnswer.value / 1000} s` }
    return { status: null, error: describe(error) }
  }
}

/** `v1,` and the HMAC of what the receiver sees: the id and the time keep a delivery from being replayed as another. */
export function sign({ deliveryId, secret, body }: Message, timestamp: number): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return `v1,${createHmac('sha256', key).update(`${deliveryId}.${timestamp}.${body}`).digest('base64')}`
}

/** Answers with the status once the headers are there; what follows them is not read. */
function post(url: URL, message: Message, options: Pick<RequestOptions, 'lookup' | 'signal'>): Promise<number> {
  const timestamp = Math.floor(Date.now() / 1000)
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(message.body),
    'user-agent': `radix/${VERSION}`,
    'webhook-id': message.deliveryId,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': sign(message, timestamp),
  }
  const isTls = url.protocol === 'https:'
  return new Promise((resolve, reject) => {
    const all = { ...options, method: 'POST', headers, agent: isTls ? new HttpsAgent() : new Agent() }
    const outgoing: ClientRequest = (isTls ? requestTls : request)(url, all, (response) => {
      response.on('error', () => {})
      resolve(response.statusCode ?? 0)
      response.destroy()
    })
    outgoing.on('error', reject)
    // The only event after a change of the protocol (101).
    outgoing.on('close', () => reject(new Error('the connection was closed without an answer')))
    outgoing.end(message.body)
  })
}

/** Resolves a name to those of its addresses that may be reached. */
function lookUpAllowed(url: URL, allowed: readonly string[]): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return done(error, '')
      const reachable = addresses.filter(({ address }) => mayReach(address, url, allowed))
      const [first] = reachable
      if (!first) return done(new Error(`${hostname} has no public address`), '')
      if (options.all) done(null, reachable)
      else done(null, first.address, first.family)
    })
  }
}

function describe(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error
  const text = first instanceof Error ? first.message : String(first)
  return redact(text).slice(0, CONTROL_PLANE_LIMITS.auditText.value).toWellFormed().replaceAll('\0', '')
}
