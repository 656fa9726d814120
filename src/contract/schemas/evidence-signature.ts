/**
 * The form of a signature: an in-toto Statement about the rest of the document, in a DSSE envelope, beside the public key.
 * https://github.com/in-toto/attestation/tree/main/spec/v1 and https://github.com/secure-systems-lab/dsse.
 */
import { z } from 'zod'
import { Timestamp } from './common.ts'

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json'
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
/**
 * The kinds of signed content. A signature of one kind is not valid for another. The predicate types are names; nothing
 * is fetched from them.
 */
export const SIGNED_KINDS = {
  evidence: { subjectName: 'evidence.json', predicateType: 'https://github.com/iangreen74/radix/evidence/v1' },
  baseline: { subjectName: 'baseline.json', predicateType: 'https://github.com/iangreen74/radix/baseline/v1' },
} as const
export type SignedKind = keyof typeof SIGNED_KINDS

export const Signature = z.object({
  envelope: z.object({
    payloadType: z.literal(PAYLOAD_TYPE),
    payload: z.string().describe('the in-toto Statement, as base64'),
    signatures: z.tuple([z.object({ keyid: z.string(), sig: z.string() })]),
  }),
  public_key: z.string().describe('PEM (SPKI) of the Ed25519 key that signed'),
})
export type Signature = z.infer<typeof Signature>

export const Statement = z.object({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.tuple([z.object({ name: z.string(), digest: z.object({ sha256: z.string() }) })]),
  predicateType: z.string(),
  predicate: z.object({ run_id: z.string(), signed_at: Timestamp, radix: z.object({ version: z.string() }) }),
})
export type Statement = z.infer<typeof Statement>

/** The signature member after it was checked against the document. */
export const EvidenceSignature = z
  .object({
    state: z
      .enum(['valid', 'changed', 'unsigned', 'unreadable'])
      .describe('`changed`: the document differs from what was signed, or was signed for another run'),
    key_id: z.string().nullable().describe('who signed the document, even if it was changed afterwards'),
    signed_at: Timestamp.nullable(),
    trust: z
      .enum(['own', 'trusted', 'unknown'])
      .nullable()
      .describe(
        'whose key: of this control plane, one that it is told to trust, or any other; null unless the signature is valid',
      ),
  })
  .meta({ id: 'EvidenceSignature' })
export type EvidenceSignature = z.infer<typeof EvidenceSignature>
