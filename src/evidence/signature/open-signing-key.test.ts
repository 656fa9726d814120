/** The key of a machine: made once, kept to its owner, and never in what is said of it. */
import { generateKeyPairSync } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { renderErrorText } from '../../errors/render.ts'
import { testSigningKey, testSigningKeyPem } from '../testing/signing-key.ts'
import { parsePublicKey } from './keys.ts'
import { openSigningKey } from './open-signing-key.ts'

let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'radix-signing-'))
  path = join(directory, 'signing-key.pem')
})
afterEach(() => rm(directory, { recursive: true }))

const open = (given?: string, dataDir = directory) => openSigningKey(dataDir, given)
const rsaPem = () =>
  generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

describe('the key of a data directory', () => {
  it('is made for its owner alone, kept, and another in another directory', async () => {
    const { publicKey } = await open()
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
    expect(await readdir(directory)).toEqual(['signing-key.pem'])
    expect((await open()).publicKey.keyId).toBe(publicKey.keyId)
    expect((await open(undefined, join(directory, 'other'))).publicKey.keyId).not.toBe(publicKey.keyId)
  })

  it('is one when several make it at once', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => open()))
    expect(new Set(keys.map(({ publicKey }) => publicKey.keyId)).size).toBe(1)
  })

  it('is refused when others may use it', async () => {
    await open()
    await chmod(path, 0o644)
    await expect(open()).rejects.toMatchObject({ code: 'DATA_DIRECTORY_UNUSABLE', why: expect.stringContaining(path) })
  })

  it('is named when it is damaged, and not shown', async () => {
    const damaged = testSigningKeyPem().replace('MC4C', 'MC4D')
    await writeFile(path, damaged, { mode: 0o600 })
    const error = await open().catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'SIGNING_KEY_INVALID', why: expect.stringContaining(path) })
    expect(renderErrorText(error)).not.toContain(damaged.split('\n')[1])
  })
})

describe('RADIX_SIGNING_KEY', () => {
  it('goes before the key of the data directory, which is not made then', async () => {
    const { publicKey } = await open(testSigningKeyPem())
    expect(publicKey.keyId).toBe(testSigningKey().publicKey.keyId)
    expect(await readdir(directory)).toEqual([])
  })

  it('may be on one line, as a file of variables needs it', async () => {
    const { publicKey } = await open(testSigningKeyPem().replaceAll('\n', '\\n'))
    expect(publicKey.keyId).toBe(testSigningKey().publicKey.keyId)
  })

  it('is the same as none when it is empty, as a secret is that was not set', async () => {
    await open('')
    expect(await readFile(path, 'utf8')).toContain('PRIVATE KEY')
  })

  it.each([
    ['garbage', () => 'garbage', 'no private key'],
    ['a public key', () => testSigningKey().publicKey.pem, 'no private key'],
    ['a key of another type', rsaPem, 'type rsa'],
  ])('that is %s is refused by name, and not shown', async (_, makeText, reason) => {
    const text = makeText()
    const error = await open(text).catch((error: unknown) => error)
    expect(error).toMatchObject({
      code: 'SIGNING_KEY_INVALID',
      why: expect.stringMatching(`RADIX_SIGNING_KEY.*${reason}`),
    })
    for (const line of text.split('\n').filter((line) => line.length > 20)) {
      expect(renderErrorText(error)).not.toContain(line)
    }
  })
})

describe('a public key', () => {
  it('is found in what `radix evidence key` prints', () => {
    const { keyId, pem } = testSigningKey().publicKey
    expect(parsePublicKey(`${keyId}\n${pem}`)).toMatchObject({ keyId, pem })
    expect(keyId).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/)
  })

  it.each(['', 'ssh-ed25519 AAAA', testSigningKeyPem(), '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'])(
    'is nothing else (%#)',
    (text) => expect(parsePublicKey(text)).toBeUndefined(),
  )

  it('of another type is none', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    expect(parsePublicKey(publicKey.export({ type: 'spki', format: 'pem' }).toString())).toBeUndefined()
  })
})
