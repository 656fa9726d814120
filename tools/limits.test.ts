/** A limit is a row of a table in src/core/limits, from which docs/limits.md is made: no number that bounds stands elsewhere. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** Numbers that no user meets as a limit, and that nobody would change. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'src/core/clock.ts LONGEST_TIMER_MS': 'the longest timer of JavaScript',
  'src/control-plane/telemetry/model.ts LOG_RUNTIME_LIMIT': 'the range of a floating-point number',
  'src/core/outside-json.ts MAX_WRAPPED_JSON_DEPTH': 'follows from the depth in the table',
  'src/evidence/cost.ts SHORTEST_BILL_SECONDS': 'what AWS bills at least',
  'src/control-plane/background/periodic-work.ts UNDECLARED_INTERVAL_SECONDS': 'the interval of earlier agents',
  'src/core/reaper-schedule.ts SINGLE_SWEEP_SECONDS': 'the usual schedule of a reaper',
  'dashboard/src/parts/live/line-chart.tsx SHORTEST_SECONDS': 'the shortest axis of a chart',
  'dashboard/src/pages/cluster.tsx LATE_SECONDS': 'part of how heartbeats are shown',
  'dashboard/src/parts/chunks.ts setTimeout(preload, 1000)': 'the browser preloads when it is idle, or then',
}

const UNITS = /^(?:SECOND|MINUTE|HOUR|DAY)_(?:MS|SECONDS)$|^DEFAULT_/
const BOUND = /_(?:MS|SECONDS|MINUTES|HOURS|DAYS)$|MAX|LIMIT|TIMEOUT/
const NUMBER = String.raw`(?<![\w$.])\d[\d_]*`
const LITERALS = [
  String.raw`\bAbortSignal\.timeout\(\s*${NUMBER}[^)]*\)`,
  String.raw`\bset(?:Timeout|Interval)\((?:[^()\n]|\([^()\n]*\))*,\s*${NUMBER}\s*\)`,
  String.raw`\b(?:timeout|timeoutMs|totalMs|maxBytes|maxBuffer|maxCharacters|highWaterMark):\s*${NUMBER}`,
].map((pattern) => new RegExp(pattern, 'g'))

/** `const SOME_LIMIT = 3000` and the like: named as a bound, and with a number of its own. Or a number given as one. */
function findLimits(source: string): string[] {
  const constants = source.matchAll(/^(?:export )?const ([A-Z][A-Z0-9_]*)(?::[^=\n]+)? = ([^\n]+)$/gm)
  const named = [...constants].flatMap(([, name = '', value = '']) =>
    BOUND.test(name) && !UNITS.test(name) && /(?<![\w$.])\d/.test(withoutTables(value)) ? [name] : [],
  )
  return [...named, ...LITERALS.flatMap((pattern) => [...source.matchAll(pattern)].map(([literal]) => literal))]
}

/** `AGENT_LIMITS.stopGrace.value / 1000` is a limit of a table in another unit. */
function withoutTables(value: string): string {
  return value.replaceAll(/\b[A-Z0-9_]+_LIMITS\.\w+\.value(?: \/ [\d_]+)?|\bINTERVALS\.\w+\.value(?: \/ [\d_]+)?/g, '')
}

describe('the check itself', () => {
  it.each([
    ['const LOOK_MS = 3000', ['LOOK_MS']],
    ['export const MAXIMUM_RUNS: number = 2 * 4', ['MAXIMUM_RUNS']],
    ['const STOP_TIMEOUT = 30_000', ['STOP_TIMEOUT']],
    ['const STOP_MS = AGENT_LIMITS.stopGrace.value', []],
    ['const STOP_MS = EC2_LIMITS.call.value', []],
    ['const LOCK_ID = 7', []],
    ['const LINK_MINUTES = 15', ['LINK_MINUTES']],
    ['const LINK_SECONDS = API_LIMITS.link.value / 1000', []],
    ['const DEFAULT_INTERVAL_MINUTES = 10', []],
    ['fetch(url, { signal: AbortSignal.timeout(120_000) })', ['AbortSignal.timeout(120_000)']],
    ['AbortSignal.timeout(timeoutMs)', []],
    ['setTimeout(() => stop(1), 5000)', ['setTimeout(() => stop(1), 5000)']],
    ['setTimeout(resolve, LOOK_INTERVAL_MS)', []],
    ['parse(text, { maxCharacters: 1000 })', ['maxCharacters: 1000']],
    ['{ timeoutMs: AGENT_LIMITS.call.value }', []],
  ])('finds in %s %j', (source, expected) => expect(findLimits(source)).toEqual(expected))
})

it('is in a table, or has a reason for its place', () => {
  const files = globSync(['src/**/*.ts', 'dashboard/src/**/*.{ts,tsx}'], { cwd: ROOT }).filter(
    (path) => !/\.test\.tsx?$|\.testsuite\.ts$|\/testing\/|^src\/core\/limits\//.test(path),
  )
  expect(files.length).toBeGreaterThan(300)
  const found = files.flatMap((path) =>
    findLimits(readFileSync(join(ROOT, path), 'utf8')).map((name) => `${path} ${name}`),
  )
  expect(found.sort()).toEqual(Object.keys(EXCEPTIONS).sort())
})
