/** Sides measured in turns, so that what else the machine does falls on all of them alike. */
import { quantile } from '../src/core/statistics.ts'

/** One round of one side: latencies in ms, or one rate per second. */
export type Sample = () => Promise<number[]>
export type Rounds<Side extends string> = Record<Side, number[][]>

/** Takes the sides in order, in the next round in the opposite order. One round before the first is thrown away. */
export async function measureInTurns<Side extends string>(
  roundCount: number,
  sides: Record<Side, Sample>,
): Promise<Rounds<Side>> {
  const names = Object.keys(sides) as Side[]
  const rounds = Object.fromEntries(names.map((name): [string, number[][]] => [name, []])) as Rounds<Side>
  for (let round = 0; round <= roundCount; round++) {
    process.stderr.write(round === 0 ? '  warming up' : ` · ${round}`)
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const values = await sides[name]()
      if (round > 0) rounds[name].push(values)
    }
  }
  process.stderr.write('\n')
  return rounds
}

export interface Ratio {
  median: number
  lowest: number
  highest: number
}

/** Of the medians of each round: `ours` over `theirs`. Throws where the rounds do not pair up. */
export function compareRounds(ours: readonly number[][], theirs: readonly number[][]): Ratio {
  if (ours.length !== theirs.length) throw new RangeError('each round needs both sides')
  const ratios = ours.map((values, round) => median(values) / median(theirs[round] ?? []))
  return { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function p99(values: readonly number[]): number {
  return quantile(values, 0.99)
}
