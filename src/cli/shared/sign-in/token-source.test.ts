import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { keepToken } from './token-source.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function issuer(lifetimeMs: number) {
  let count = 0
  return vi.fn(async () => ({ token: `token-${++count}`, expiresAt: new Date(Date.now() + lifetimeMs) }))
}

it('requests one token for many callers, and another near its expiry', async () => {
  const issue = issuer(3_600_000)
  const source = keepToken(issue)
  expect(await Promise.all([source(), source(), source()])).toEqual(['token-1', 'token-1', 'token-1'])
  vi.advanceTimersByTime(49 * 60_000)
  expect(await source()).toBe('token-1')
  vi.advanceTimersByTime(60_001)
  expect(await Promise.all([source(), source()])).toEqual(['token-2', 'token-2'])
  expect(issue).toHaveBeenCalledTimes(2)
})

it('keeps a short-lived token for three quarters of its lifetime', async () => {
  const source = keepToken(issuer(300_000))
  await source()
  vi.advanceTimersByTime(200_000)
  expect(await source()).toBe('token-1')
  vi.advanceTimersByTime(26_000)
  expect(await source()).toBe('token-2')
})

it('uses the old token while a renewal fails and it is still valid, and retries at the next call', async () => {
  const issue = issuer(3_600_000)
  const source = keepToken(issue)
  await source()
  vi.advanceTimersByTime(55 * 60_000)
  issue.mockRejectedValueOnce(new Error('no network'))
  expect(await source()).toBe('token-1')
  expect(await source()).toBe('token-2')
  vi.advanceTimersByTime(61 * 60_000)
  issue.mockRejectedValueOnce(new Error('no network'))
  await expect(source()).rejects.toThrow('no network')
  expect(await source()).toBe('token-3')
})
