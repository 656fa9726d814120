/** `radix evidence …` as a user runs it: with files, a local run, and a control plane. */

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EvidenceDocument } from '../src/contract/schemas/evidence.ts'
import { runRegistration } from '../src/contract/testing/new-objects.ts'
import { newId } from '../src/core/ids.ts'
import { signEvidence } from '../src/evidence/signature/sign.ts'
import { runEvidence } from '../src/evidence/testing/runs.ts'
import { testSigner, testSigningKeyPem } from '../src/evidence/testing/signing-key.ts'
import { startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { Sandbox } from './support/sandbox.ts'

const RADIX_SIGNING_KEY = testSigningKeyPem()
const { keyId, pem } = testSigner().key.publicKey
const plain = { ...runEvidence(1, [343.2, 342.1, 344.6]), run_id: newId('run') }
const signed = signEvidence(plain, testSigner())

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await Sandbox.createUsed()
  await mkdir(join(sandbox.directory, 'folder'))
  const files = {
    'folder/evidence.json': JSON.stringify(signed),
    'changed.json': JSON.stringify({ ...signed, status: 'failed' }),
    'plain.json': JSON.stringify(plain),
    'garbage.json': JSON.stringify({ ...plain, signature: { envelope: 'me' } }),
    'twice.json': JSON.stringify(signed).replace('{', '{"status":"failed",'),
    'one.pem': pem,
    'other.pem': testSigner(2).key.publicKey.pem,
    'private.pem': RADIX_SIGNING_KEY,
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(sandbox.directory, name), text)
})
afterAll(async () => {
  await sandbox.expectNoProcesses()
  await sandbox.remove()
})

const run = (line: string) => sandbox.run(line.split(' '))

describe('radix evidence verify', () => {
  it('says what a valid signature proves, what it does not prove, and which key made it', async () => {
    const { exitCode, stdout, stderr } = await run('evidence verify folder')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('The signature is valid')
    expect(stdout).toContain(keyId)
    expect(stdout).toContain('2026-03-02T09:08:00.000Z')
    expect(stderr).toContain('does not say who owns the key')
    const by = await run('evidence verify folder/evidence.json --key one.pem --json')
    expect(by).toMatchObject({ exitCode: 0, stderr: '' })
    expect(JSON.parse(by.stdout)).toMatchObject({ state: 'valid', key_id: keyId, is_by_expected_key: true })
  })

  it.each([
    ['changed.json', 1, 'EVIDENCE_CHANGED'],
    ['plain.json', 1, 'EVIDENCE_NOT_SIGNED'],
    ['garbage.json', 1, 'EVIDENCE_SIGNATURE_UNREADABLE'],
    ['folder --key other.pem', 1, 'EVIDENCE_SIGNED_BY_ANOTHER'],
    ['twice.json', 2, 'EVIDENCE_INVALID'],
    ['folder --key private.pem', 2, 'VERIFICATION_KEY_INVALID'],
    ['folder --key nothing.pem', 2, 'VERIFICATION_KEY_INVALID'],
    ['nothing.json', 2, 'EVIDENCE_NOT_FOUND'],
  ])('refuses %s', async (argv, exitCode, code) => {
    const refused = await run(`evidence verify ${argv}`)
    expect(refused).toMatchObject({ exitCode, stdout: '' })
    expect(refused.stderr).toContain(`error ${code}: `)
  })

  it('verifies evidence in a control plane, which refuses that of another run', async () => {
    const server = await startControlPlane(sandbox)
    const other = newId('run')
    for (const run_id of [plain.run_id, other]) {
      await server.client.call('registerRun', { body: runRegistration({ run_id }) })
    }
    const document = EvidenceDocument.parse(JSON.parse(JSON.stringify(signed)))
    const put = (run_id: string) => server.client.call('putEvidence', { params: { run_id }, body: document })
    await put(plain.run_id)
    await expect(put(other)).rejects.toMatchObject({ code: 'EVIDENCE_NOT_STORED' })
    expect(await run(`evidence verify ${plain.run_id} --key one.pem`)).toMatchObject({ exitCode: 0, stderr: '' })
    await stopControlPlane(server)
  })
})

describe('radix evidence key', () => {
  it('creates the key of the data directory once, and prints only its public half', async () => {
    await rm(join(sandbox.dataDir, 'signing-key.pem'), { force: true })
    const printed = await sandbox.output(['evidence', 'key'])
    expect(await sandbox.output(['evidence', 'key'])).toBe(printed)
    expect(printed).toMatch(/^SHA256:\S{43}\n-----BEGIN PUBLIC KEY-----/)
    const secret = await readFile(join(sandbox.dataDir, 'signing-key.pem'), 'utf8')
    expect(printed).not.toContain(secret.split('\n')[1])
  })

  it('is RADIX_SIGNING_KEY where that is set, and an invalid one stops a run before it starts', async () => {
    const printed = await sandbox.output(['evidence', 'key', '--json'], { RADIX_SIGNING_KEY })
    expect(JSON.parse(printed)).toEqual({ key_id: keyId, public_key: pem })
    const bad = { RADIX_SIGNING_KEY: RADIX_SIGNING_KEY.replace('MC4C', 'MC4D') }
    const refused = await sandbox.run(['evidence', 'key'], bad)
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' })
    expect(refused.stderr).toContain('SIGNING_KEY_INVALID')
    expect(refused.stderr).not.toContain(bad.RADIX_SIGNING_KEY.split('\n')[1])
    const dryRun = await sandbox.run(['bench', 'run', '--quick', '--dry-run', '--json'], bad)
    expect(dryRun.exitCode).toBe(2)
    const { findings, may_start } = JSON.parse(dryRun.stdout)
    expect(may_start).toBe(false)
    expect(findings).toContainEqual(expect.objectContaining({ code: 'SIGNING_KEY_INVALID', severity: 'error' }))
  })
})
