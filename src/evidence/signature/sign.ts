/** Signs evidence. Pure but for the clock that is passed in. */
import type { Evidence } from '../../contract/schemas/evidence.ts'
import {
  PREDICATE_TYPE,
  STATEMENT_TYPE,
  type Statement,
  SUBJECT_NAME,
} from '../../contract/schemas/evidence-signature.ts'
import { VERSION } from '../../core/version.ts'
import { digestDocument } from './digest.ts'
import { sealStatement } from './envelope.ts'
import type { SigningKey } from './keys.ts'

export interface Signer {
  key: SigningKey
  now(): Date
}

/** The same evidence with a signature of everything else in it; one that it had is replaced. */
export function signEvidence(evidence: Evidence, { key, now }: Signer): Evidence {
  const { publicKey } = key
  const statement: Statement = {
    _type: STATEMENT_TYPE,
    subject: [{ name: SUBJECT_NAME, digest: { sha256: digestDocument(evidence) } }],
    predicateType: PREDICATE_TYPE,
    predicate: { run_id: evidence.run_id, signed_at: now().toISOString(), radix: { version: VERSION } },
  }
  const envelope = sealStatement(statement, publicKey.keyId, key.sign)
  return { ...evidence, signature: { envelope, public_key: publicKey.pem } }
}
