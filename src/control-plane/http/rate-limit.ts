/**
 * Two budgets of requests per minute. Before authentication, a request counts against its address. Once its credential
 * is verified, it counts against the credential instead. Many agents behind one address therefore do not share a
 * budget, and invented credentials gain none.
 */
import { isIPv6 } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Credential } from '../../contract/route.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { Identity } from '../auth/identity.ts'

const WINDOW_MS = CONTROL_PLANE_LIMITS.rateLimitWindow.value

interface Count {
  used: number
  endsAtMs: number
}

/** A route's rate limit, in its Fastify configuration. */
export interface RateLimitConfig {
  auth?: Credential
  /** A budget of the route's own. */
  own?: { name: string; perMinute: number }
  unlimited?: boolean
}

declare module 'fastify' {
  interface FastifyContextConfig extends RateLimitConfig {
    /** The route answers a browser, errors included, by sending it on. */
    redirect?: boolean
  }
}

export interface RateLimits {
  /** Once the credential is verified. Throws `RATE_LIMITED`. */
  countIdentity(request: FastifyRequest, reply: FastifyReply, identity: Identity): void
}

/** Counts every request by its address, also those that no route takes. */
export function limitRates(server: FastifyInstance, perMinute: number): RateLimits {
  const counts = new Map<string, Count>()
  const take = (reply: FastifyReply, key: string, maximum: number) => {
    const count = currentCount(counts, key, Date.now())
    count.used++
    const seconds = Math.max(1, Math.ceil((count.endsAtMs - Date.now()) / 1000))
    reply.header('x-ratelimit-limit', maximum)
    reply.header('x-ratelimit-remaining', Math.max(0, maximum - count.used))
    reply.header('x-ratelimit-reset', seconds)
    if (count.used <= maximum) return
    const facts = { retry_after_seconds: seconds }
    throw new RadixError('RATE_LIMITED', facts, { details: facts })
  }

  server.addHook('onRequest', async (request, reply) => {
    const { auth = 'none', own, unlimited } = request.routeOptions.config
    if (unlimited) return
    const isOwn = own !== undefined && auth === 'none'
    take(reply, keyOf(addressOf(request.ip), isOwn ? own.name : ''), isOwn ? own.perMinute : perMinute)
  })

  return {
    countIdentity(request, reply, identity) {
      const holder = holderOf(identity)
      const { own, unlimited } = request.routeOptions.config
      if (unlimited || holder === undefined) return
      const byAddress = counts.get(keyOf(addressOf(request.ip), ''))
      if (byAddress) byAddress.used--
      take(reply, keyOf(holder, own?.name ?? ''), own?.perMinute ?? perMinute)
    },
  }
}

/** When there are too many, the oldest is deleted: memory stays bounded, and a request costs the same with any number. For tests. */
export function currentCount(counts: Map<string, Count>, key: string, nowMs: number): Count {
  const current = counts.get(key)
  if (current && current.endsAtMs > nowMs) return current
  counts.delete(key)
  if (counts.size >= CONTROL_PLANE_LIMITS.rateLimitCounts.value) {
    // They are in the order of their start, and every minute is as long: the first is the first to be over.
    const [oldest] = counts.keys()
    if (oldest !== undefined) counts.delete(oldest)
  }
  const fresh = { used: 0, endsAtMs: nowMs + WINDOW_MS }
  counts.set(key, fresh)
  return fresh
}

function keyOf(holder: string, route: string): string {
  return `${route} ${holder}`
}

/** One customer of a network has a /64 of IPv6: the rest of the address is theirs to vary. */
export function addressOf(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (mapped || !isIPv6(ip)) return mapped ?? ip
  const [head = '', tail] = ip.split('%')[0]?.split('::') ?? []
  const groups = head.split(':').filter(Boolean)
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').filter(Boolean).length
  const all = [...groups, ...Array<string>(missing).fill('0'), ...(tail ?? '').split(':').filter(Boolean)]
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

/** Undefined if nothing was verified: only its exchange checks an onboarding token. */
function holderOf(identity: Identity): string | undefined {
  switch (identity.kind) {
    case 'none':
    case 'onboarding':
      return undefined
    case 'user':
      return identity.runId === null ? `user ${identity.tenantId} ${identity.subject}` : `run ${identity.runId}`
    case 'cluster':
      return `cluster ${identity.clusterId}`
    case 'api_key':
      return `key ${identity.apiKeyId}`
  }
}
