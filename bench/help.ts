/** How long `radix --help` takes from a cold start, next to a Node that does nothing. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Finding, milliseconds } from './report.ts'
import { compareRounds, measureInTurns, median, p99 } from './rounds.ts'

const STARTS = 20
const TARGET_MS = 150
const PROGRAM = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts')

export async function measureHelp(): Promise<Finding[]> {
  const { radix, other } = await measureInTurns(STARTS, {
    radix: async () => [await timeNode([PROGRAM, '--help'])],
    other: async () => [await timeNode(['-e', '0'])],
  })
  const shown = (rounds: number[][]) => ({
    median: milliseconds(median(rounds.flat())),
    p99: milliseconds(p99(rounds.flat())),
  })
  const target = { text: `median < ${TARGET_MS} ms`, met: median(radix.flat()) < TARGET_MS }
  return [
    { what: 'radix --help', ...shown(radix), target },
    { what: 'node -e 0', ...shown(other), ratio: compareRounds(radix, other) },
  ]
}

async function timeNode(argv: string[]): Promise<number> {
  const startedMs = performance.now()
  await promisify(execFile)(process.execPath, argv)
  return performance.now() - startedMs
}
