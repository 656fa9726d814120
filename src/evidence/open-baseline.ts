/** The only way to open a baseline file for use: it is verified as read, then parsed, like evidence. Pure. */
import { z } from 'zod'
import { upgradeBaseline } from '../contract/earlier-documents.ts'
import { BASELINE_SCHEMA, Baseline } from '../contract/schemas/baseline.ts'
import { RadixError } from '../errors/radix-error.ts'
import { describeIssue } from './parse-evidence.ts'
import { verifyBaseline } from './signature/verify.ts'

export interface OpenedBaseline {
  baseline: Baseline
  /** Null for a verified baseline, else the reason, which must be shown wherever the baseline is used. */
  unverified: string | null
}

/** Throws `BASELINE_INVALID`; unless `allowUnverified`, `BASELINE_CHANGED` and `BASELINE_NOT_SIGNED`. */
export function openBaseline(
  { document, place }: { document: unknown; place: string },
  { allowUnverified = false } = {},
): OpenedBaseline {
  const marked = z.looseObject({ schema: z.literal(BASELINE_SCHEMA) }).safeParse(upgradeBaseline(document))
  if (!marked.success) throw new RadixError('BASELINE_INVALID', { path: place, reason: describeIssue(marked.error) })
  const refusal = findRefusal(document, place)
  if (refusal && !allowUnverified) throw refusal
  const parsed = Baseline.safeParse(upgradeBaseline(document))
  if (!parsed.success) throw new RadixError('BASELINE_INVALID', { path: place, reason: describeIssue(parsed.error) })
  return { baseline: parsed.data, unverified: refusal && `${refusal.code}: ${refusal.why}` }
}

function findRefusal(document: unknown, path: string): RadixError | null {
  const { state, reason } = verifyBaseline(document)
  if (state === 'valid') return null
  return state === 'unsigned'
    ? new RadixError('BASELINE_NOT_SIGNED', { path })
    : new RadixError('BASELINE_CHANGED', { path, reason })
}
