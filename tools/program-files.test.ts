/** A file that the program reads must come with the package, too, whose modules are bundled: its folder tells nothing. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { PACKAGE_DATA } from './build-package.ts'

const ROOT = join(import.meta.dirname, '..', 'src')
const sources = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !/\.test\.ts$|\.testsuite\.ts$|(^|\/)testing\//.test(path))
  .map((path) => ({ path, source: readFileSync(join(ROOT, path), 'utf8') }))

/** Compiled, written by the build, or of a clone only. */
const MADE = ['package.json', 'tools/build-agent.ts']

it('no module looks for a file beside itself', () => {
  const looking = sources.filter(({ source }) => /import\.meta\.(dirname|filename|url)/.test(source))
  expect(looking.map(({ path }) => path)).toEqual(['system/program-files.ts'])
})

it('every file that the program reads is in the package', () => {
  const paths = sources.flatMap(({ source }) =>
    [...source.matchAll(/programFile\('([^']+)'\)/g)].map(([, path = '']) => path),
  )
  expect(paths.length).toBeGreaterThan(0)
  const shipped = [...PACKAGE_DATA, ...MADE]
  const isShipped = (path: string) => shipped.some((each) => each === path || each.startsWith(`${path}/`))
  expect(paths.filter((path) => !isShipped(path))).toEqual([])
})
