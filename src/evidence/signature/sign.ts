/** Signs evidence, and the baselines made from it. Pure except for the clock that is passed in. */
import type { Baseline } from '../../contract/schemas/baseline.ts'
import type { Evidence } from '../../contract/schemas/evidence.ts'
import {
  SIGNED_KINDS,
  type Signature,
  type SignedKind,
  STATEMENT_TYPE,
  type Statement,
} from '../../contract/schemas/evidence-signature.ts'
import { VERSION } from '../../core/version.ts'
import { digestDocument } from './digest.ts'
import { sealStatement } from './envelope.ts'
import type { SigningKey } from './keys.ts'

export interface Signer {
  key: SigningKey
  now(): Date
}

/** Returns the same evidence with a signature of everything else in it. An existing signature is replaced. */
export function signEvidence(evidence: Evidence, signer: Signer): Evidence {
  return sign('evidence', evidence, signer)
}

export function signBaseline(baseline: Baseline, signer: Signer): Baseline & { signature: Signature } {
  return sign('baseline', baseline, signer)
}

function sign<T extends { run_id: string }>(kind: SignedKind, document: T, { key, now }: Signer) {
  const { publicKey } = key
  const { subjectName, predicateType } = SIGNED_KINDS[kind]
  const statement: Statement = {
    _type: STATEMENT_TYPE,
    subject: [{ name: subjectName, digest: { sha256: digestDocument(document) } }],
    predicateType,
    predicate: { run_id: document.run_id, signed_at: now().toISOString(), radix: { version: VERSION } },
  }
  const envelope = sealStatement(statement, publicKey.keyId, key.sign)
  return { ...document, signature: { envelope, public_key: publicKey.pem } }
}
