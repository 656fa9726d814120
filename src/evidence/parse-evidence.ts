/** Parses evidence from a document that a user provides. Pure. */
import type { z } from 'zod'
import { Evidence } from '../contract/schemas/evidence.ts'
import { endSentence } from '../core/format.ts'
import { RadixError } from '../errors/radix-error.ts'

/** `place`: where it was found, in words. Throws `EVIDENCE_INVALID`. */
export function parseEvidence(document: unknown, place: string): Evidence {
  const parsed = Evidence.safeParse(document)
  if (parsed.success) return parsed.data
  throw new RadixError('EVIDENCE_INVALID', { path: place, reason: describeIssue(parsed.error) })
}

/** The first thing that is wrong. */
export function describeIssue({ issues }: z.ZodError): string {
  return endSentence(`${issues[0]?.path.join('.') || 'the document'}: ${issues[0]?.message ?? 'it does not fit'}`)
}
