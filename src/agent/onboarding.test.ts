/** An exchange whose answer is lost: the agent repeats it with the nonce on its disk. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../core/clock.ts'
import { silentLogger } from '../core/logger.ts'
import { obtainClusterToken } from './onboarding.ts'

let stateDir: string
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'radix-onboarding-'))
})
afterEach(() => rm(stateDir, { recursive: true }))

/** Loses the first `lost` answers after the request was carried out. */
function exchangeWith(lost: number, nonces: unknown[], unreachableExitMs: number | null = null) {
  const fetch = async (_: unknown, init?: RequestInit) => {
    nonces.push(JSON.parse(String(init?.body)).nonce)
    if (nonces.length <= lost) throw new TypeError('fetch failed')
    const answer = { cluster_token: 'radix_ct_x', cluster_id: 'cl_1', tenant_id: 'local' }
    return new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } })
  }
  const where = { apiBase: 'http://127.0.0.1:9', clusterId: 'cl_1', stateDir }
  const token = { onboardingToken: 'radix_ot_x', onboardingTokenFile: undefined }
  const clock = { ...systemClock, sleep: async () => {} }
  const ports = { fetch: fetch as typeof globalThis.fetch, clock, logger: silentLogger }
  return obtainClusterToken({ ...where, ...token, ...ports, unreachableExitMs }, new AbortController().signal)
}

it('is repeated with the same nonce, which is then deleted', async () => {
  const nonces: unknown[] = []
  expect(await exchangeWith(2, nonces)).toBe('radix_ct_x')
  expect(nonces).toHaveLength(3)
  expect(nonces[0]).toMatch(/^[0-9a-f]{64}$/)
  expect(new Set(nonces).size).toBe(1)
  expect(await readdir(stateDir)).toEqual(['cluster-token.json'])
})

it('is repeated with the same nonce by a restarted agent', async () => {
  const nonces: unknown[] = []
  await expect(exchangeWith(Number.POSITIVE_INFINITY, nonces, 0)).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
  const before = nonces.at(-1)
  const after: unknown[] = []
  await exchangeWith(0, after)
  expect(after).toEqual([before])
})
