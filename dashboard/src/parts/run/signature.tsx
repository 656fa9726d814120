/** Whether the evidence is as somebody signed it, and who that was. */
import { useQuery } from '@tanstack/react-query'
import type { EvidenceSignature } from '../../../../src/contract/schemas/evidence-signature.ts'
import type { Run } from '../../../../src/contract/schemas/run.ts'
import { asTyped } from '../../../../src/core/as-typed.ts'
import { signatureQuery } from '../../api/queries.ts'
import { ErrorNote } from '../error-note.tsx'
import { formatExactTime } from '../time.tsx'
import { isBroken } from './trust.ts'

export function Signature({ run }: { run: Run }) {
  const { data: signature, error, refetch } = useQuery(signatureQuery(run))
  if (error && !signature) return <ErrorNote error={error} onRetry={() => void refetch()} />
  return (
    <section className="signature" aria-label="Signature">
      <h3>Signature</h3>
      {signature ? <SignatureWords signature={signature} /> : <p className="dim">Checking…</p>}
      <p className="dim">
        To verify it without this control plane, download evidence.json and run{' '}
        <code>{asTyped(`radix evidence verify evidence-${run.run_id}.json`)}</code>
      </p>
    </section>
  )
}

/** Above the number that it is about. */
export function SignatureAlarm({ run }: { run: Run }) {
  const { data: signature } = useQuery(signatureQuery(run))
  if (!signature || !isBroken(signature)) return null
  return (
    <div className="note bad" role="alert">
      <p>
        <strong>The signature of this evidence is not valid:</strong> {WORDS[signature.state].meaning}. Do not use its
        numbers.
      </p>
    </div>
  )
}

const WORDS: Record<EvidenceSignature['state'], { tone: 'good' | 'idle' | 'bad'; state: string; meaning: string }> = {
  valid: { tone: 'good', state: 'valid', meaning: 'the evidence is unchanged since it was signed' },
  changed: {
    tone: 'bad',
    state: 'not valid',
    meaning: 'the evidence was changed after it was signed',
  },
  unreadable: { tone: 'bad', state: 'not valid', meaning: 'the signature cannot be read' },
  unsigned: { tone: 'idle', state: 'none', meaning: 'this evidence was not signed' },
}

const TRUST: Record<NonNullable<EvidenceSignature['trust']>, string> = {
  own: 'the key of this control plane',
  trusted: 'a key that this control plane trusts',
  unknown: 'a key that this control plane does not know: compare it with the one that you expect',
}

function SignatureWords({ signature: { state, key_id, signed_at, trust } }: { signature: EvidenceSignature }) {
  const { tone, state: word, meaning } = WORDS[state]
  return (
    <>
      <p>
        <span className={`status ${tone}`}>{word}</span> {meaning}
        {signed_at !== null && state === 'valid' && `, ${formatExactTime(signed_at)}`}
      </p>
      {key_id !== null && (
        <p>
          Signed by <code>{key_id}</code>
          {trust !== null && ', '}
          {trust !== null && <span className={trust === 'unknown' ? 'status busy' : 'dim'}>{TRUST[trust]}</span>}
        </p>
      )}
    </>
  )
}
