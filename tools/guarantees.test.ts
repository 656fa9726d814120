/** docs/guarantees.md names tests that there are: file by file, title by title. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const rows = readFileSync(join(ROOT, 'docs', 'guarantees.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| promise '))
  .map((line) => line.split(' | '))

it.each(rows)('%s', (_, held = '') => {
  const named = [...held.matchAll(/`([\w./-]+\.test\.ts)`((?:,? "[^"]+")+)/g)]
  expect(named.length, 'tests that hold it').toBeGreaterThan(0)
  for (const [, file = '', titles = ''] of named) {
    expect(existsSync(join(ROOT, file)), file).toBe(true)
    const source = readFileSync(join(ROOT, file), 'utf8')
    for (const [, title = ''] of titles.matchAll(/"([^"]+)"/g)) {
      // The first argument of `it(…)`, of `it.each(…)(…)`, or of what a file wraps around them.
      const isThere = new RegExp(`[(\\n]\\s*(['"\`])${escapeRegExp(title)}\\1,`).test(source)
      expect(isThere, `${file}: ${title}`).toBe(true)
    }
  }
})

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
