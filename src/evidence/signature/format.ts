/**
 * The form of a signature: an in-toto Statement about the rest of the document, in a DSSE envelope, beside the public key.
 * https://github.com/in-toto/attestation/tree/main/spec/v1 and https://github.com/secure-systems-lab/dsse. Pure.
 */
import { z } from 'zod'
import { Timestamp } from '../../contract/schemas/common.ts'

const PAYLOAD_TYPE = 'application/vnd.in-toto+json'
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
/** What is signed. A signature of one kind is none of another. The predicate types are names: nothing is read from them. */
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

/** Around a statement. `sign` gets the bytes that are signed. */
export function sealStatement(
  statement: Statement,
  keyId: string,
  sign: (bytes: Buffer) => Buffer,
): Signature['envelope'] {
  const payload = Buffer.from(JSON.stringify(statement))
  const sig = sign(bytesToSign(payload)).toString('base64')
  return { payloadType: PAYLOAD_TYPE, payload: payload.toString('base64'), signatures: [{ keyid: keyId, sig }] }
}

/** What is signed is the payload with its type and length before it (DSSE's PAE), so that neither can be taken for another. */
export function bytesToSign(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload])
}
