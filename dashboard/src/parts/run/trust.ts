/** Whether what evidence says counts: by its signature, which the server has checked. */
import { useQuery } from '@tanstack/react-query'
import type { EvidenceSignature } from '../../../../src/contract/schemas/evidence-signature.ts'
import type { Run } from '../../../../src/contract/schemas/run.ts'
import { signatureQuery } from '../../api/queries.ts'

/** `unknown`: the server could not be asked. */
export type Trust = 'checking' | 'intact' | 'broken' | 'unknown'

export function useTrust(run: Pick<Run, 'run_id' | 'status' | 'has_evidence'>): Trust {
  const { data, isError } = useQuery({ ...signatureQuery(run), enabled: run.has_evidence })
  if (data) return isBroken(data) ? 'broken' : 'intact'
  return isError ? 'unknown' : 'checking'
}

/** Evidence without a signature is not broken: it never had one. */
export function isBroken({ state }: Pick<EvidenceSignature, 'state'>): boolean {
  return state === 'changed' || state === 'unreadable'
}
