/** The content of a comparison, independent of where it is shown: cells and sentences, unescaped. Pure. */
import type { Difference } from '../contract/schemas/comparison.ts'

export interface Sheet {
  heading: string[]
  rows: string[][]
  /** Sentences below the table. */
  remarks: string[]
}

/**
 * The first remark on evidence that was used because the user passed --allow-unverified: its numbers may not be what
 * was measured.
 */
export function markUnverified(why: string): string {
  return `NOT VERIFIED, used because of --allow-unverified. ${why}`
}

/** Null if there is none. */
export function describeDifferences(differences: readonly Difference[]): string | null {
  if (differences.length === 0) return null
  return differences.map(({ name, first, second }) => `${name} ${first ?? 'none'} → ${second ?? 'none'}`).join('; ')
}
