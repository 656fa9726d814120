/** The table of errors names what can happen: a code that nothing raises any more says so. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ERRORS } from '../src/errors/table.ts'

const ROOT = join(import.meta.dirname, '..')
const TABLE = 'src/errors/table.ts'

it('has only codes that the program uses, and retired ones', () => {
  const files = globSync(['src/**/*.{ts,sh}', 'workloads/**/*.py'], { cwd: ROOT }).filter(
    (path) => path !== TABLE && !/\.test\.ts$|\/testing\/|\/test_/.test(path),
  )
  expect(files.length).toBeGreaterThan(200)
  const words = new Set(
    files.flatMap((path) => readFileSync(join(ROOT, path), 'utf8').match(/\b[A-Z][A-Z0-9_]+\b/g) ?? []),
  )
  const unused = Object.keys(ERRORS).filter((code) => !words.has(code))
  const retired = Object.entries(ERRORS).flatMap(([code, definition]) => ('isRetired' in definition ? [code] : []))
  expect(unused).toEqual(retired)
})

it('has every code that a script shows', () => {
  const scripts = globSync('src/**/*.sh', { cwd: ROOT }).map((path) => readFileSync(join(ROOT, path), 'utf8'))
  const shown = scripts.flatMap((script) => [...script.matchAll(/\bfail ([A-Z][A-Z_]{3,})\b/g)].map(([, code]) => code))
  expect(shown.length).toBeGreaterThan(10)
  for (const code of shown) expect(Object.keys(ERRORS)).toContain(code)
})
