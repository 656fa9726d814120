import { expect, it } from 'vitest'
import { toLocalPath } from './local-path.ts'

it.each(['/', '/clusters', '/runs?status=failed', '/clusters/cl_1/jobs/job_1#log', '/v1x'])('keeps %s', (path) => {
  expect(toLocalPath(path)).toBe(path)
})

it('encodes what an address cannot hold', () => {
  expect(toLocalPath('/clusters?name=größe\r\nSet-Cookie: a=b')).toBe('/clusters?name=gr%C3%B6%C3%9FeSet-Cookie:%20a=b')
})

it.each([
  undefined,
  '',
  'clusters',
  'https://evil.example',
  'javascript:alert(1)',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\/evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  ' //evil.example',
  '/.//evil.example',
  '/a/..//evil.example',
  '/%2e//evil.example',
  '/v1/sign-in/okta',
  '/V1/session',
  '/./v1',
])('refuses %j', (path) => {
  expect(toLocalPath(path)).toBeUndefined()
})
