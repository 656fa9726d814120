/**
 * The only way to open evidence for use: it is verified as read, then parsed. `open-evidence.test.ts` checks that
 * nothing else reads evidence. Pure.
 */
import type { Evidence } from '../contract/schemas/evidence.ts'
import { RadixError } from '../errors/radix-error.ts'
import { parseEvidence } from './parse-evidence.ts'
import { type Verification, verifyEvidence } from './signature/verify.ts'

export interface EvidenceSource {
  /** The document as it was read, with every member. */
  document: unknown
  /** Where it was found, in words. */
  place: string
  /** The requested run; a file names its own run. */
  runId?: string
}

export interface OpenedEvidence {
  evidence: Evidence
  /** Null for verified evidence, else the reason, which must be shown wherever the evidence is shown. */
  unverified: string | null
}

/**
 * Throws the errors of `refusalOf` unless `allowUnverified`, and `EVIDENCE_INVALID`. Verification comes first: a
 * changed document is refused as changed, even if it does not fit the schema.
 */
export function openEvidence(source: EvidenceSource, { allowUnverified = false } = {}): OpenedEvidence {
  const { document, place, runId } = source
  const refusal = refusalOf(verifyEvidence(document, runId), place)
  if (refusal && !allowUnverified) throw refusal
  return { evidence: parseEvidence(document, place), unverified: refusal && `${refusal.code}: ${refusal.why}` }
}

/** The error for evidence whose signature is missing or invalid; null if it is valid. */
export function refusalOf({ state, reason }: Verification, reference: string): RadixError | null {
  switch (state) {
    case 'valid':
      return null
    case 'unsigned':
      return new RadixError('EVIDENCE_NOT_SIGNED', { reference })
    case 'unreadable':
      return new RadixError('EVIDENCE_SIGNATURE_UNREADABLE', { reference, reason })
    case 'changed':
      return new RadixError('EVIDENCE_CHANGED', { reference, reason })
  }
}
