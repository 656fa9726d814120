import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { refusalOf } from '../testing/requests.ts'
import { trustLocalIssuer } from './issuers/oidc.ts'
import { openLocalIssuer } from './local-issuer.ts'
import { createUserTokenVerifier } from './user-token.ts'

let directory: string
let keyPath: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'radix-issuer-'))
  keyPath = join(directory, 'issuer-key.pem')
})
afterEach(() => rm(directory, { recursive: true }))

const CLAIMS = { subject: 'me', tenantId: 'local', ttlSeconds: 60 }

it('creates a key that only its owner can read, and no other file', async () => {
  await openLocalIssuer(directory)
  expect(((await stat(keyPath)).mode & 0o777).toString(8)).toBe('600')
  expect(await readdir(directory)).toEqual(['issuer-key.pem'])
})

it('keeps its key: earlier tokens stay valid', async () => {
  const token = await (await openLocalIssuer(directory)).mintToken(CLAIMS)
  const { jwks } = await openLocalIssuer(directory)
  expect(await createUserTokenVerifier([trustLocalIssuer(jwks)])(token)).toEqual({
    tenantId: 'local',
    subject: 'me',
    principal: 'radix-local#me',
    maxRole: 'admin',
  })
})

it('publishes the public half only', async () => {
  const { jwks } = await openLocalIssuer(directory)
  expect(Object.keys(jwks.keys[0] ?? {}).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
})

it('ends with one key when several processes create it at once', async () => {
  const issuers = await Promise.all(Array.from({ length: 8 }, () => openLocalIssuer(directory)))
  expect(new Set(issuers.map(({ jwks }) => jwks.keys[0]?.kid)).size).toBe(1)
})

it('is another issuer in another directory', async () => {
  const { jwks } = await openLocalIssuer(directory)
  const token = await (await openLocalIssuer(join(directory, 'other'))).mintToken(CLAIMS)
  expect(await refusalOf(createUserTokenVerifier([trustLocalIssuer(jwks)])(token))).toMatchObject({
    code: 'AUTH_TOKEN_INVALID',
  })
})

it.each([0o644, 0o640, 0o602])('refuses a key that other users can access (%#)', async (mode) => {
  await openLocalIssuer(directory)
  await chmod(keyPath, mode)
  const error = await refusalOf(openLocalIssuer(directory))
  expect(error).toMatchObject({ code: 'DATA_DIRECTORY_UNUSABLE' })
  expect(error.why).toContain(`chmod 600 ${keyPath}`)
})

it.each(['', 'garbage', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'])(
  'names the damaged file (%#)',
  async (content) => {
    await writeFile(keyPath, content, { mode: 0o600 })
    const error = await refusalOf(openLocalIssuer(directory))
    expect(error).toMatchObject({ code: 'DATA_DIRECTORY_UNUSABLE', why: expect.stringContaining(keyPath) })
  },
)
