/** Checks whether a run's evidence is what was signed, and whether this control plane knows the key. */
import type { EvidenceSignature } from '../../contract/schemas/evidence-signature.ts'
import { verifyEvidence } from '../../evidence/signature/verify.ts'
import type { KnownSigners } from '../app.ts'
import type { RunAddress } from '../runs/runs.ts'
import type { Database } from '../store/database.ts'
import { getEvidence } from './evidence.ts'

/** Verified from the stored document every time: no claim of a client is trusted. */
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
