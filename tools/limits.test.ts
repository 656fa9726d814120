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
}

const UNITS = /^(?:SECOND|MINUTE|HOUR|DAY)_MS$/

/** `const SOME_LIMIT = 3000` and the like: named as a bound, and with a number of its own. */
function findLimits(source: string): string[] {
  const constants = source.matchAll(/^(?:export )?const ([A-Z][A-Z0-9_]*)(?::[^=\n]+)? = ([^\n]+)$/gm)
  return [...constants].flatMap(([, name = '', value = '']) =>
    /_MS$|MAX|LIMIT|TIMEOUT/.test(name) && !UNITS.test(name) && /(?<![\w$.])\d/.test(value) ? [name] : [],
  )
}

describe('the check itself', () => {
  it.each([
    ['const LOOK_MS = 3000', ['LOOK_MS']],
    ['export const MAXIMUM_RUNS: number = 2 * 4', ['MAXIMUM_RUNS']],
    ['const STOP_TIMEOUT = 30_000', ['STOP_TIMEOUT']],
    ['const STOP_MS = AGENT_LIMITS.stopGrace.value', []],
    ['const STOP_MS = EC2_LIMITS.call.value', []],
    ['const LOCK_ID = 7', []],
  ])('finds in %s %j', (source, expected) => expect(findLimits(source)).toEqual(expected))
})

it('is in a table, or has a reason for its place', () => {
  const files = globSync(['src/**/*.ts', 'dashboard/src/**/*.{ts,tsx}'], { cwd: ROOT }).filter(
    (path) => !/\.test\.tsx?$|\/testing\/|^src\/core\/limits\//.test(path),
  )
  expect(files.length).toBeGreaterThan(300)
  const found = files.flatMap((path) =>
    findLimits(readFileSync(join(ROOT, path), 'utf8')).map((name) => `${path} ${name}`),
  )
  expect(found.sort()).toEqual(Object.keys(EXCEPTIONS).sort())
})
