/** What a signature notices, and what it must not take for a change. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Evidence } from '../../contract/schemas/evidence.ts'
import { buildEvidence } from '../build.ts'
import { arbitraryFacts } from '../testing/arbitrary-facts.ts'
import { cpuFacts, gpuFacts, RUN_ID } from '../testing/facts.ts'
import { testSigner, testSigningKey } from '../testing/signing-key.ts'
import { digestDocument } from './digest.ts'
import { bytesToSign, sealStatement } from './envelope.ts'
import { signEvidence } from './sign.ts'
import { verifyEvidence } from './verify.ts'

const { publicKey, sign } = testSigningKey()
const signed = JSON.parse(JSON.stringify(signEvidence(buildEvidence(gpuFacts()), testSigner())))

/** A signed document after `change`. */
function changed(change: (document: typeof signed) => void): unknown {
  const copy = structuredClone(signed)
  change(copy)
  return copy
}

describe('a document that was signed', () => {
  it('is valid, by the key and with the time that the signature names', () => {
    expect(verifyEvidence(signed, RUN_ID)).toEqual({
      state: 'valid',
      reason: 'the document is unchanged since it was signed',
      keyId: publicKey.keyId,
      signedAt: '2026-03-02T09:08:00.000Z',
    })
  })

  it('is valid whatever the order of its members, and however its numbers are written', () => {
    fc.assert(
      fc.property(arbitraryFacts, fc.infiniteStream(fc.nat()), (facts, numbers) => {
        const document = wellFormed(signEvidence(buildEvidence(wellFormed(facts)), testSigner()))
        expect(verifyEvidence(shuffle(document, numbers)).state).toBe('valid')
      }),
    )
    const text = JSON.stringify(signed, null, 3).replaceAll('"billed_seconds": 473', '"billed_seconds": 4.730e2')
    expect(text).toContain('4.730e2')
    expect(verifyEvidence(JSON.parse(text)).state).toBe('valid')
  })

  it('is not, once any leaf of it is another', () => {
    const leaves = listLeaves(signed)
    expect(leaves.length).toBeGreaterThan(150)
    fc.assert(
      fc.property(fc.constantFrom(...leaves), fc.jsonValue({ maxDepth: 1 }), (path, value) => {
        const old = readAt(signed, path)
        fc.pre(JSON.stringify(old) !== JSON.stringify(value))
        expect(verifyEvidence(changed((document) => setAt(document, path, value))).state).not.toBe('valid')
      }),
      { numRuns: 500 },
    )
    for (const path of leaves) {
      const slightly = changed((document) => setAt(document, path, slightlyOther(readAt(signed, path))))
      expect(verifyEvidence(slightly).state, path.join('.')).not.toBe('valid')
      const without = changed((document) => removeAt(document, path))
      expect(verifyEvidence(without).state, path.join('.')).not.toBe('valid')
    }
  })

  it.each<[string, string, (document: typeof signed) => void]>([
    ['a number was changed', 'changed', (it) => (it.results.throughput.mean += 1e-9)],
    ['the run was changed', 'changed', (it) => (it.run_id = 'run_other')],
    ['a member was added that nobody knows', 'changed', (it) => (it.comment = 'x')],
    ['a member was added deep inside', 'changed', (it) => (it.results.trials[0].comment = 'x')],
    ['half of a surrogate pair was added', 'changed', (it) => (it.comment = '\ud800')],
    ['an item was taken out of a list', 'changed', (it) => it.results.trials.pop()],
    ['the signature was tampered with', 'changed', (it) => flipBit(it.signature.envelope.signatures[0], 'sig')],
    ['the statement was tampered with', 'changed', (it) => flipBit(it.signature.envelope, 'payload')],
    ['the public key was swapped', 'changed', (it) => (it.signature.public_key = testSigningKey(2).publicKey.pem)],
    ['the key id was swapped', 'changed', (it) => (it.signature.envelope.signatures[0].keyid = 'SHA256:other')],
    [
      'public key and key id were swapped',
      'changed',
      (it) => {
        it.signature.public_key = testSigningKey(2).publicKey.pem
        it.signature.envelope.signatures[0].keyid = testSigningKey(2).publicKey.keyId
      },
    ],
    ['the signature was taken off', 'unsigned', (it) => delete it.signature],
    ['the signature is null', 'unreadable', (it) => (it.signature = null)],
    ['the signature is text', 'unreadable', (it) => (it.signature = 'signed, me')],
    ['the envelope is empty', 'unreadable', (it) => (it.signature.envelope = {})],
    ['the envelope is of another type', 'unreadable', (it) => (it.signature.envelope.payloadType = 'text/plain')],
    ['there is no signature in the envelope', 'unreadable', (it) => (it.signature.envelope.signatures = [])],
    [
      'there are two signatures',
      'unreadable',
      (it) => it.signature.envelope.signatures.push(it.signature.envelope.signatures[0]),
    ],
    ['a member was added to the signature', 'unreadable', (it) => (it.signature.signed_by = 'a laboratory')],
    ['the statement is not base64', 'unreadable', (it) => (it.signature.envelope.payload += ' ')],
    ['the public key is garbage', 'unreadable', (it) => (it.signature.public_key = 'ssh-ed25519 AAAA')],
    ['the public key is written otherwise', 'unreadable', (it) => (it.signature.public_key += '\n')],
  ])('is not, once %s', (_, state, change) => {
    expect(verifyEvidence(changed(change))).toMatchObject({ state })
  })

  it('says who signed it before it was changed, and nothing where nobody is known to have', () => {
    const tampered = verifyEvidence(changed((it) => (it.verdict.level = 'suspect')))
    expect(tampered).toMatchObject({ keyId: publicKey.keyId, signedAt: '2026-03-02T09:08:00.000Z' })
    const unknown = verifyEvidence(changed((it) => flipBit(it.signature.envelope.signatures[0], 'sig')))
    expect(unknown).toMatchObject({ keyId: null, signedAt: null })
  })

  it('is not what was signed, when it should be the evidence of another run', () => {
    expect(verifyEvidence(signed, 'run_asked_for')).toMatchObject({
      state: 'changed',
      reason: `it is the evidence of ${RUN_ID}, not of run_asked_for`,
    })
  })

  it.each([null, undefined, 7, 'text', [], [signed]])('must be an object (%#)', (document) => {
    expect(verifyEvidence(document)).toMatchObject({ state: 'unreadable', keyId: null })
  })
})

describe('a statement that a key did sign', () => {
  const evidence = buildEvidence(cpuFacts())
  const good = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'evidence.json', digest: { sha256: digestDocument(evidence) } }],
    predicateType: 'https://github.com/iangreen74/radix/evidence/v1',
    predicate: { run_id: RUN_ID, signed_at: '2026-03-02T09:08:00.000Z', radix: { version: '0.1.0' } },
  }
  const carrying = (statement: unknown) => {
    const payload = Buffer.from(typeof statement === 'string' ? statement : JSON.stringify(statement))
    const sig = sign(bytesToSign(payload)).toString('base64')
    const signatures = [{ keyid: publicKey.keyId, sig }]
    const envelope = {
      payloadType: 'application/vnd.in-toto+json',
      payload: payload.toString('base64'),
      signatures,
    }
    return { ...evidence, signature: { envelope, public_key: publicKey.pem } }
  }

  it('about this document makes it valid', () => {
    expect(verifyEvidence(carrying(good))).toMatchObject({ state: 'valid' })
  })

  it.each([
    ['about another run', 'changed', { ...good, predicate: { ...good.predicate, run_id: 'run_other' } }],
    ['about another document', 'changed', { ...good, subject: [{ name: 'evidence.json', digest: { sha256: 'ab' } }] }],
    ['about another file', 'unreadable', { ...good, subject: [{ ...good.subject[0], name: 'train.py' }] }],
    ['about two files', 'unreadable', { ...good, subject: [good.subject[0], good.subject[0]] }],
    ['that says something else of it', 'unreadable', { ...good, predicateType: 'https://slsa.dev/provenance/v1' }],
    ['without a time', 'unreadable', { ...good, predicate: { run_id: RUN_ID } }],
    ['that is not JSON', 'unreadable', 'garbage'],
    ['that is no object', 'unreadable', '7'],
  ])('%s does not', (_, state, statement) => {
    expect(verifyEvidence(carrying(statement))).toMatchObject({ state })
  })
})

it('is what docs/EVIDENCE.md has openssl verify', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'radix-openssl-'))
  const { envelope, public_key }: NonNullable<Evidence['signature']> = signed.signature
  const statement = Buffer.from(envelope.payload, 'base64')
  const before = Buffer.from(`DSSEv1 28 application/vnd.in-toto+json ${statement.length} `)
  const files = {
    'key.pem': public_key,
    'signed.bin': Buffer.concat([before, statement]),
    'sig.bin': Buffer.from(envelope.signatures[0].sig, 'base64'),
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content)
  const line = 'pkeyutl -verify -pubin -inkey key.pem -rawin -in signed.bin -sigfile sig.bin'
  const { stdout } = await promisify(execFile)('openssl', line.split(' '), { cwd: directory })
  expect(stdout).toContain('Signature Verified Successfully')
  await rm(directory, { recursive: true })
})

it('signs what DSSE says, no more and no less', () => {
  const statement = JSON.parse(Buffer.from(signed.signature.envelope.payload, 'base64').toString())
  let bytes: Buffer = Buffer.alloc(0)
  sealStatement(statement, 'a key', (given) => {
    bytes = given
    return given
  })
  expect(bytes.toString()).toBe(
    `DSSEv1 28 application/vnd.in-toto+json ${JSON.stringify(statement).length} ${JSON.stringify(statement)}`,
  )
})

type Path = (string | number)[]

function listLeaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const entries = Array.isArray(value) ? value.map((item, index) => [index, item] as const) : Object.entries(value)
  if (entries.length === 0) return [path]
  return entries.flatMap(([key, item]) => listLeaves(item, [...path, key]))
}

// biome-ignore lint/suspicious/noExplicitAny: any JSON
function readAt(value: any, path: Path): any {
  return path.reduce((inner, key) => inner[key], value)
}

function setAt(value: unknown, path: Path, leaf: unknown): void {
  readAt(value, path.slice(0, -1))[path.at(-1) ?? ''] = leaf
}

function removeAt(value: unknown, path: Path): void {
  const parent = readAt(value, path.slice(0, -1))
  if (Array.isArray(parent)) parent.splice(Number(path.at(-1)), 1)
  else delete parent[path.at(-1) ?? '']
}

/** The smallest change that a reader could miss. */
function slightlyOther(leaf: unknown): unknown {
  if (typeof leaf === 'number') return leaf === 0 ? Number.MIN_VALUE : leaf * (1 + 2 ** -52)
  if (typeof leaf === 'string') return `${leaf} `
  return typeof leaf === 'boolean' ? !leaf : 0
}

function flipBit(parent: Record<string, string>, member: string): void {
  const bytes = Buffer.from(parent[member] ?? '', 'base64')
  bytes[20] = (bytes[20] ?? 0) ^ 1
  parent[member] = bytes.toString('base64')
}

/** As a document comes back from where it was kept. */
function shuffle(value: unknown, numbers: Iterator<number>): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffle(item, numbers))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, shuffle(item, numbers)] as const)
  const keyed = entries.map((entry) => ({ entry, order: numbers.next().value ?? 0 }))
  return Object.fromEntries(keyed.sort((a, b) => a.order - b.order).map(({ entry }) => entry))
}

/** Only what is well-formed text is ever signed (write.ts). */
function wellFormed<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, item) => (typeof item === 'string' ? item.toWellFormed() : item))
}
