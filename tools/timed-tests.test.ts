/** No test waits for a fixed time or asserts a duration: on a busy machine both fail, and both cost time on an idle one. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const FORBIDDEN: Record<string, RegExp> = {
  'waits for a fixed time':
    /^import .* from 'node:timers\/promises'|await (?:new Promise[^\n]*setTimeout|systemClock\.sleep)\(/m,
  'measures a duration': /\b(?:performance\.now|process\.hrtime(?:\.bigint)?|systemClock\.monotonicMs)\(\)/,
}

function findFaults(source: string): string[] {
  // The test moves the time by itself.
  if (source.includes('vi.useFakeTimers(')) return []
  return Object.keys(FORBIDDEN).filter((fault) => FORBIDDEN[fault]?.test(source))
}

describe('the check itself', () => {
  it.each([
    ["import { setTimeout } from 'node:timers/promises'", ['waits for a fixed time']],
    ['await new Promise((resolve) => setTimeout(resolve, 100))', ['waits for a fixed time']],
    ['const startMs = performance.now()', ['measures a duration']],
    ['vi.useFakeTimers()\nconst startMs = performance.now()', []],
    ['setTimeout(() => hangUp.abort(), 5)', []],
  ])('%s: %j', (source, faults) => expect(findFaults(source)).toEqual(faults))
})

it('no test file waits for a fixed time or measures a duration', () => {
  const files = globSync(['{src,dashboard,e2e,tools,bench,simulation}/**/*.{test,testsuite}.ts'], {
    cwd: ROOT,
    exclude: ['**/node_modules/**', import.meta.filename],
  }).filter((path) => join(ROOT, path) !== import.meta.filename)
  expect(files.length).toBeGreaterThan(200)
  const faults = files.flatMap((path) => {
    const found = findFaults(readFileSync(join(ROOT, path), 'utf8'))
    return found.map((fault) => `${path} ${fault}`)
  })
  expect(faults).toEqual([])
})
