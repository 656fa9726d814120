/** The DSSE envelope around a statement, and the bytes in it that are signed. Pure. */
import { PAYLOAD_TYPE, type Signature, type Statement } from '../../contract/schemas/evidence-signature.ts'

/** `sign` gets the bytes that are signed. */
export function sealStatement(
  statement: Statement,
  keyId: string,
  sign: (bytes: Buffer) => Buffer,
): Signature['envelope'] {
  const payload = Buffer.from(JSON.stringify(statement))
  const sig = sign(bytesToSign(payload)).toString('base64')
  return { payloadType: PAYLOAD_TYPE, payload: payload.toString('base64'), signatures: [{ keyid: keyId, sig }] }
}

/**
 * The signed content is the payload with its type and length before it (DSSE's PAE), so neither can be mistaken for
 * another.
 */
export function bytesToSign(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload])
}
