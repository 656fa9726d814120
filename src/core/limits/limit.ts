/** A bound in time or size: a row of a table in this folder, which the code reads and docs/limits.md shows. */
export interface Limit {
  value: number
  unit: 'ms' | 'bytes' | 'characters' | 'count'
  /** What is bounded, as a noun: `the answer of a request to AWS`. */
  of: string
  /** What happens when it is reached, in a sentence. */
  effect: string
  /** The setting that changes it, where there is one. */
  setting?: string
}

export type LimitTable = Readonly<Record<string, Limit>>
