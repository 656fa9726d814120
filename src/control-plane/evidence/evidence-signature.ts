/** Is the evidence of a run what was signed, and is the key one that this control plane knows? */
import type { EvidenceSignature } from '../../contract/schemas/evidence-signature.ts'
import { verifyEvidence } from '../../evidence/signature/verify.ts'
import type { KnownSigners } from '../app.ts'
import type { RunAddress } from '../runs/runs.ts'
import type { Database } from '../store/database.ts'
import { getEvidence } from './evidence.ts'

/** Verified as it is stored, each time: nothing that a client said of it is believed. */
export async function getEvidenceSignature(
  db: Database,
  address: RunAddress,
  known: KnownSigners,
): Promise<EvidenceSignature> {
  const { state, keyId, signedAt } = verifyEvidence(await getEvidence(db, address), address.runId)
  const trust = state === 'valid' && keyId !== null ? trustIn(keyId, known) : null
  return { state, key_id: keyId, signed_at: signedAt, trust }
}

function trustIn(keyId: string, { ownKeyId, trustedKeyIds }: KnownSigners): EvidenceSignature['trust'] {
  if (keyId === ownKeyId) return 'own'
  return trustedKeyIds.includes(keyId) ? 'trusted' : 'unknown'
}
