/** What one check of `radix doctor` found. */
import type { RadixError } from '../../errors/radix-error.ts'

export interface Diagnosis {
  check: string
  /** `unknown`: it could not be looked at, which is never `absent`. `unusable`: it is there and does not work. */
  outcome: 'found' | 'absent' | 'unusable' | 'unknown'
  /** A short benchmark on this machine cannot run without it. */
  isRequired: boolean
  /** What was found, or why it was not. */
  message: string
  /** Null if there is nothing to do. */
  fix: string | null
}

/** The name of a check, and whether a benchmark on this machine needs what it looks for. */
export type Subject = Pick<Diagnosis, 'check' | 'isRequired'>

export function found(subject: Subject, message: string): Diagnosis {
  return { ...subject, outcome: 'found', message, fix: null }
}

export function missing(
  subject: Subject,
  outcome: Exclude<Diagnosis['outcome'], 'found'>,
  message: string,
  fix: string,
): Diagnosis {
  return { ...subject, outcome, message, fix }
}

export function failed(
  subject: Subject,
  outcome: Exclude<Diagnosis['outcome'], 'found'>,
  { why, fix }: RadixError,
): Diagnosis {
  return missing(subject, outcome, why, fix)
}
