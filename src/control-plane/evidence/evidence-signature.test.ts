/** Signatures on stored evidence: jsonb does not keep the order of members. */

import { beforeAll, describe, expect, it } from 'vitest'
import { EvidenceDocument } from '../../contract/schemas/evidence.ts'
import { runRegistration } from '../../contract/testing/new-objects.ts'
import { newId } from '../../core/ids.ts'
import { openSigningKey } from '../../evidence/signature/open-signing-key.ts'
import { type Signer, signEvidence } from '../../evidence/signature/sign.ts'
import { verifyEvidence } from '../../evidence/signature/verify.ts'
import { runEvidence } from '../../evidence/testing/runs.ts'
import { testSigner } from '../../evidence/testing/signing-key.ts'
import { refusalOf } from '../testing/requests.ts'
import { useTestServer } from '../testing/use-test-server.ts'

const trusted = testSigner(1)
const stranger = testSigner(2)
const SIGNED_AT = trusted.now().toISOString()

const { server, tenant } = useTestServer({ trustedSigningKeys: [trusted.key.publicKey.keyId] })
let own: Signer
beforeAll(async () => {
  own = { ...trusted, key: await openSigningKey(server.dataDir, undefined) }
})

const unsigned = (runId: string) => ({ ...runEvidence(1, [343.2, 342.1, 344.6]), run_id: runId })
const keyIdOf = ({ key }: Signer) => key.publicKey.keyId

async function register() {
  const { run_id } = await tenant.client.call('registerRun', { body: runRegistration() })
  const params = { run_id }
  return {
    run_id,
    put: (document: unknown) =>
      tenant.client.call('putEvidence', { params, body: EvidenceDocument.parse(JSON.parse(JSON.stringify(document))) }),
    /** Bypasses the service, as a manual change of the database does. */
    store: (document: unknown) =>
      server.db
        .updateTable('run_evidence')
        .set({ document: JSON.stringify(document) })
        .where('run_id', '=', run_id)
        .execute(),
    verify: () => tenant.client.call('getEvidenceSignature', { params }),
    read: () => tenant.client.call('getEvidence', { params }),
  }
}

describe('the signature of the evidence of a run', () => {
  it.each([
    ['own', () => own],
    ['trusted', () => trusted],
    ['unknown', () => stranger],
  ] as const)('is valid, with a key that is %s', async (trust, signer) => {
    const { run_id, put, verify, read } = await register()
    await put(signEvidence(unsigned(run_id), signer()))
    expect(await verify()).toEqual({ state: 'valid', key_id: keyIdOf(signer()), signed_at: SIGNED_AT, trust })
    expect(verifyEvidence(await read(), run_id)).toMatchObject({ state: 'valid' })
  })

  it('names the signer of a document that was changed in the database, and does not trust it', async () => {
    const { run_id, put, store, verify } = await register()
    await put(signEvidence(unsigned(run_id), own))
    await store({ ...signEvidence(unsigned(run_id), own), status: 'failed' })
    expect(await verify()).toEqual({ state: 'changed', key_id: keyIdOf(own), signed_at: SIGNED_AT, trust: null })
  })

  it('is not accepted for another run', async () => {
    const { put } = await register()
    const refused = await refusalOf(put(signEvidence(unsigned(newId('run')), own)))
    expect(refused).toMatchObject({
      code: 'EVIDENCE_NOT_STORED',
      why: expect.stringContaining('it is the evidence of'),
    })
  })

  it('detects a number that was changed in the database', async () => {
    const { run_id, put, store, verify } = await register()
    await put(signEvidence(unsigned(run_id), own))
    await store({ ...signEvidence(unsigned(run_id), own), results: { timed_seconds: 1 } })
    expect(await verify()).toMatchObject({ state: 'changed' })
  })

  it.each([
    ['unsigned', {}],
    ['unreadable', { signature: 'me' }],
    ['unreadable', { signature: { envelope: {}, public_key: keyIdOf(trusted) } }],
  ])('is %s without a readable signature (%#)', async (state, changes) => {
    const { run_id, put, store, verify } = await register()
    await put(unsigned(run_id))
    await store({ ...unsigned(run_id), ...changes })
    expect(await verify()).toEqual({ state, key_id: null, signed_at: null, trust: null })
  })

  it.each([
    ['a number', { results: { timed_seconds: 1 } }],
    ['the signature', { signature: 'me' }],
    ['an unknown member', { note: 'faster' }],
  ])('prevents the storage of a document when %s was changed', async (_, changes) => {
    const { run_id, put, read } = await register()
    const refused = await refusalOf(put({ ...signEvidence(unsigned(run_id), own), ...changes }))
    expect(refused).toMatchObject({ code: 'EVIDENCE_NOT_STORED' })
    expect(await refusalOf(read())).toMatchObject({ code: 'NOT_FOUND' })
  })

  it('excludes evidence that was changed in the database from comparisons', async () => {
    const [one, two] = [await register(), await register()]
    for (const { run_id, put } of [one, two]) await put(signEvidence(unsigned(run_id), own))
    const query = { run_ids: [one.run_id, two.run_id].join(',') }
    const { signature, ...faster } = signEvidence(unsigned(two.run_id), own)
    await two.store({ ...faster, status: 'cancelled', signature })
    expect(await refusalOf(tenant.client.call('compareRuns', { query }))).toMatchObject({ code: 'EVIDENCE_INVALID' })
  })

  it('excludes evidence that was changed in the database from reports', async () => {
    const { run_id, put, store } = await register()
    await put(signEvidence(unsigned(run_id), own))
    const report = () => tenant.client.call('getReport', { params: { run_id } })
    expect((await report()).markdown).toContain('images/s')
    await store({ ...signEvidence(unsigned(run_id), own), status: 'failed' })
    expect(await refusalOf(report())).toMatchObject({ code: 'EVIDENCE_INVALID' })
  })

  it('excludes the numbers of evidence that was changed in the database from trends and lists', async () => {
    const { run_id, put, store } = await register()
    const evidence = signEvidence(unsigned(run_id), own)
    const readRun = () => tenant.client.call('getRun', { params: { run_id } })
    const isInTrends = async () => {
      const { items } = await tenant.client.call('getTrends', {})
      return items.flatMap(({ points }) => points).some((point) => point.run_id === run_id)
    }
    await put(evidence)
    expect(await isInTrends()).toBe(true)
    await store({ ...evidence, status: 'failed' })
    expect(await isInTrends()).toBe(false)
    expect(await readRun()).toMatchObject({ measurement: null, verdict: null, throughput: null })
    await put(evidence)
    expect(await isInTrends()).toBe(true)
    expect(await readRun()).toMatchObject({ verdict: evidence.verdict.level })
  })

  it('is absent without evidence', async () => {
    const { verify } = await register()
    expect(await refusalOf(verify())).toMatchObject({ code: 'NOT_FOUND' })
  })
})
