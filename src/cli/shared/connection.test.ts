import { afterEach, expect, it, vi } from 'vitest'
import { findApiBaseOf } from './connection.ts'

afterEach(() => vi.unstubAllEnvs())

it('prefers the flag to the environment, and that to the file, and names the source of an invalid address', () => {
  const wrong = 'ftp://radix.example.com'
  vi.stubEnv('RADIX_API_BASE', '')
  expect(findApiBaseOf({}, undefined)).toBeUndefined()
  expect(findApiBaseOf({}, 'https://file.example.com/')).toBe('https://file.example.com')
  expect(() => findApiBaseOf({}, wrong)).toThrow(`api_base of the configuration file ${wrong}: It must be a URL`)
  vi.stubEnv('RADIX_API_BASE', wrong)
  expect(() => findApiBaseOf({}, undefined)).toThrow(`RADIX_API_BASE ${wrong}: It must be a URL`)
  expect(findApiBaseOf({ apiBase: 'https://flag.example.com' }, undefined)).toBe('https://flag.example.com')
  expect(() => findApiBaseOf({ apiBase: wrong }, undefined)).toThrow(`--api-base ${wrong}: It must be a URL`)
})
