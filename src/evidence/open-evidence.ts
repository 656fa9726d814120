/**
 * The one way in for evidence that is used: verified as it was read, then parsed. `open-evidence.test.ts` sees to it that
 * nothing else reads evidence. Pure.
 */
import type { Evidence } from '../contract/schemas/evidence.ts'
import { RadixError } from '../errors/radix-error.ts'
import { parseEvidence } from './parse-evidence.ts'
import { type Verification, verifyEvidence } from './signature/verify.ts'

export interface EvidenceSource {
  /** As it was read: nothing is left out of it. */
  document: unknown
  /** Where it was found, for people. */
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
 * Throws what `refusalOf` gives unless `allowUnverified`, and `EVIDENCE_INVALID`. Verified first: a document that was changed
 * is refused as changed, whatever its schema makes of it.
 */
export function openEvidence(source: EvidenceSource, { allowUnverified = false } = {}): OpenedEvidence {
  const { document, place, runId } = source
  const refusal = refusalOf(verifyEvidence(document, runId), place)
  if (refusal && !allowUnverified) throw refusal
  return { evidence: parseEvidence(document, place), unverified: refusal && `${refusal.code}: ${refusal.why}` }
}

/** The error for evidence that is not as a key signed it; null where it is. */
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
