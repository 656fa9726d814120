/** A status of a cluster, a job or a run changes in one place. The types keep Kysely from it; this keeps SQL text from it. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const ALLOWED = 'src/control-plane/transitions.ts'

/** `update jobs set … status = …` of SQL text, up to its `where` or `from`. */
function writesStatus(source: string): boolean {
  const updates = source.matchAll(
    /\bupdate\s+(?:clusters|jobs|runs|\$\{sql\.table[^}]*\})\s+set\b([\s\S]*?)(?=\bwhere\b|\bfrom\b|`)/g,
  )
  return [...updates].some(([, assignments = '']) => /(?:^|[\s,])status\s*=/.test(assignments))
}

describe('the check itself', () => {
  it.each([
    ["sql`update jobs set status = 'lost' where a`", true],
    ['sql`update runs set a = 1,\n status = 1 where b`', true],
    ["sql`update jobs set a = 1 where status = 'queued'`", false],
    ["sql`update benchmark_requests set status = 'x' where b`", false],
  ])('of %s says %s', (source, expected) => expect(writesStatus(source)).toBe(expected))
})

it('changes a status in transitions.ts and nowhere else', () => {
  const files = globSync('src/**/*.ts', { cwd: ROOT }).filter(
    (path) => !/\.test\.ts$|\/testing\/|\/migrations\//.test(path),
  )
  expect(files.length).toBeGreaterThan(200)
  const writers = files.filter((path) => writesStatus(readFileSync(join(ROOT, path), 'utf8')))
  expect(writers).toEqual([ALLOWED])
})

it('spells out no group of states of a job or a run beside the maps of transitions', () => {
  const files = globSync(['src/**/*.ts', 'dashboard/src/**/*.{ts,tsx}'], { cwd: ROOT }).filter(
    (path) => !/\.test\.ts$|\/testing\/|\/migrations\//.test(path),
  )
  const group =
    /'(?:registered|leased)'(?:,| \|\|[^\n]*) *'running'|'running'(?:,| \|\|[^\n]*) *'(?:registered|leased)'/
  const spelled = files.filter((path) => group.test(readFileSync(join(ROOT, path), 'utf8')))
  expect(spelled).toEqual(['src/core/transitions.ts'])
})
