/**
 * Checks whether a document is what was signed, and by which key. It does not say who owns the key. It works on the
 * document as read, not as a schema sees it: an unknown member is a change too. Pure.
 */
import { verify } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import {
  type EvidenceSignature,
  SIGNED_KINDS,
  Signature,
  type SignedKind,
  Statement,
} from '../../contract/schemas/evidence-signature.ts'
import { tryParseOutsideJson } from '../../core/outside-json.ts'
import { digestDocument } from './digest.ts'
import { bytesToSign } from './envelope.ts'
import { type PublicKey, parsePublicKey } from './keys.ts'

/**
 * `valid`: unchanged since the key signed it. `changed`: the document or its signature differs from what was signed.
 * `unsigned`: it has no signature. `unreadable`: the `signature` member is not a signature.
 */
export interface Verification {
  state: EvidenceSignature['state']
  /** In plain words; a clause, without a full stop. */
  reason: string
  /** The signer and time. Null unless that key signed the statement, for this document or for its original. */
  keyId: string | null
  signedAt: string | null
}

/** `runId`: the run that the document must be about, if known from elsewhere. Never throws. */
export function verifyEvidence(document: unknown, runId?: string): Verification {
  return verifyDocument('evidence', document, runId)
}

/** The same for a baseline file. */
export function verifyBaseline(document: unknown): Verification {
  return verifyDocument('baseline', document)
}

function verifyDocument(kind: SignedKind, document: unknown, runId?: string): Verification {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return byNobody('unreadable', 'it is not a JSON object')
  }
  if (!('signature' in document)) return byNobody('unsigned', 'it has no signature')
  const parsed = parseSignature(document.signature)
  if (typeof parsed === 'string') return byNobody('unreadable', parsed)
  const { publicKey, payload, sig, keyId } = parsed
  if (keyId !== publicKey.keyId) return byNobody('changed', 'the public key is not the one that the signature names')
  if (!verify(null, bytesToSign(payload), publicKey.key, sig)) {
    return byNobody('changed', 'the signature was not made by this key over this statement')
  }
  const statement = parseStatement(payload, kind)
  if (!statement)
    return byNobody(
      'unreadable',
      `the signed content is not a statement about ${kind === 'evidence' ? 'evidence' : 'a baseline'}`,
    )
  const by = { keyId, signedAt: statement.predicate.signed_at }
  const difference = findDifference(document, statement, runId)
  if (difference) return { state: 'changed', reason: difference, ...by }
  return { state: 'valid', reason: 'the document is unchanged since it was signed', ...by }
}

function byNobody(state: Verification['state'], reason: string): Verification {
  return { state, reason, keyId: null, signedAt: null }
}

interface ParsedSignature {
  publicKey: PublicKey
  payload: Buffer
  sig: Buffer
  keyId: string
}

/** Or why it cannot be read. A signature has exactly one encoding, so it cannot contain anything unsigned. */
function parseSignature(value: unknown): ParsedSignature | string {
  const parsed = Signature.safeParse(value)
  if (!parsed.success || !isDeepStrictEqual(parsed.data, value)) return 'its signature has an unknown form'
  const { envelope, public_key } = parsed.data
  const publicKey = parsePublicKey(public_key)
  if (publicKey?.pem !== public_key) return 'its public key is not an Ed25519 key in PEM'
  const [first] = envelope.signatures
  const payload = decodeBase64(envelope.payload)
  const sig = decodeBase64(first.sig)
  if (!payload || !sig) return 'its signature is not in base64'
  return { publicKey, payload, sig, keyId: first.keyid }
}

/** Undefined for text that is not the canonical base64 of its bytes. */
function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

function parseStatement(payload: Buffer, kind: SignedKind): Statement | undefined {
  // As long as the document that contains it may be.
  const statement = tryParseOutsideJson(payload.toString('utf8'), Statement, { maxCharacters: payload.length })
  const { subjectName, predicateType } = SIGNED_KINDS[kind]
  const isOfKind = statement?.subject[0].name === subjectName && statement.predicateType === predicateType
  return isOfKind ? statement : undefined
}

function findDifference(document: object, { subject, predicate }: Statement, runId: string | undefined) {
  const documentRunId = 'run_id' in document ? document.run_id : undefined
  if (predicate.run_id !== documentRunId) return 'the signature is about another run'
  if (runId !== undefined && predicate.run_id !== runId)
    return `it is the evidence of ${predicate.run_id}, not of ${runId}`
  if (!hasDigest(document, subject[0].digest.sha256)) return 'the document differs from what was signed'
  return undefined
}

function hasDigest(document: object, sha256: string): boolean {
  try {
    return digestDocument(document) === sha256
  } catch {
    // The document contains text without a canonical form, so it cannot have been signed.
    return false
  }
}
