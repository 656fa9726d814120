import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Route } from './route.ts'
import { ROUTES } from './routes.ts'

const routes = Object.entries<Route>(ROUTES)

describe('the route table', () => {
  it('has no two routes at one address', () => {
    const addresses = routes.map(([, { method, path }]) => `${method} ${path.replaceAll(/\{[^}]+\}/g, '{}')}`)
    expect(new Set(addresses).size).toBe(addresses.length)
  })

  it.each(routes)('%s describes each of its path parameters', (_, route) => {
    const inPath = [...route.path.matchAll(/\{([a-z_]+)\}/g)].map(([, name]) => name).sort()
    expect(Object.keys(route.params?.shape ?? {}).sort()).toEqual(inPath)
  })

  it('takes a body only where the method has one', () => {
    const withBody = new Set(routes.filter(([, { body }]) => body !== undefined).map(([, { method }]) => method))
    expect(withBody).toEqual(new Set(['POST', 'PUT', 'PATCH']))
  })

  it.each(routes)('%s answers, streams, sends a file or redirects', (_, route) => {
    const isOther = [route.stream, route.file, route.redirect].includes(true)
    expect(route.answer === undefined).toBe(route.status === 204 || isOther)
  })

  it('needs a credential everywhere except for routes that issue one', () => {
    const open = routes.filter(([, { path, auth }]) => path.startsWith('/v1') && auth === 'none').map(([name]) => name)
    const signIn = ['listSignInWays', 'beginSignIn', 'finishSignIn']
    expect(open).toEqual(['exchangeGithubToken', 'openSignInLink', ...signIn])
  })

  it.each(routes.filter(([, { auth }]) => auth === 'cluster' || auth === 'onboarding'))(
    '%s answers an agent without a null: earlier ones take an absent member, and fail on a null one',
    (_, { answer }) => {
      expect(JSON.stringify(z.toJSONSchema(answer ?? z.null(), { io: 'output' }))).not.toContain('"type":"null"')
    },
  )

  it('accepts API keys only for telemetry, and no other credential there', () => {
    const byKey = routes.filter(([, { auth }]) => auth === 'api_key').map(([, { path }]) => path)
    expect(byKey.sort()).toEqual(['/v1/observe', '/v1/score'])
  })

  it.each([
    ['GET', '/v1/clusters', 'user'],
    ['POST', '/v1/clusters/{cluster_id}/onboarding-token', 'user'],
    ['POST', '/v1/clusters/{cluster_id}/auth/exchange', 'onboarding'],
    ['POST', '/v1/clusters/{cluster_id}/jobs/poll', 'cluster'],
    ['POST', '/v1/clusters/{cluster_id}/jobs/{job_id}/complete', 'cluster'],
  ])('keeps %s %s for the credential %s', (method, path, auth) => {
    expect(routes.find(([, route]) => route.method === method && route.path === path)?.[1].auth).toBe(auth)
  })
})
