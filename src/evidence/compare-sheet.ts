/** What a comparison shows, before it is known where: cells and sentences, as they are. Pure. */
import type { Difference } from '../contract/schemas/comparison.ts'

export interface Sheet {
  heading: string[]
  rows: string[][]
  /** Sentences below the table. */
  remarks: string[]
}

/** Null where there is none. */
export function describeDifferences(differences: readonly Difference[]): string | null {
  if (differences.length === 0) return null
  return differences.map(({ name, first, second }) => `${name} ${first ?? 'none'} → ${second ?? 'none'}`).join('; ')
}
