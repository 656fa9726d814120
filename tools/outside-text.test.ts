/** Text from outside has one entrance and one exit; this finds code that goes past them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..', 'src')
const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(
  (path) => path.endsWith('.ts') && !/\.test\.ts$|\.testsuite\.ts$|\/testing\//.test(path),
)

/** Files of src/ whose code, without its comments, holds the pattern. */
function findFiles(pattern: RegExp): string[] {
  return files.filter((path) => pattern.test(withoutComments(readFileSync(join(ROOT, path), 'utf8')))).sort()
}

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')
}

it('everything that is printed goes through output.ts', () => {
  // Whether a stream is a terminal may be asked anywhere.
  const prints =
    /process\.(stdout|stderr)\b(?!\.(isTTY|columns)\b)|\bconsole\.(log|error|warn|info|debug|dir|table|trace)\(/
  expect(findFiles(prints)).toEqual(['cli/shared/output.ts', 'system/closed-output.ts'])
})

it('every command of the Action to its runner goes through reporter.ts', () => {
  const tells = /\btoolkit\.(info|error|warning|notice|setOutput|summary|startGroup)\b|@actions\/core'/
  expect(findFiles(tells)).toEqual(['action/main.ts', 'action/post.ts', 'action/reporter.ts', 'action/runner.ts'])
})

it('JSON from outside goes through outside-json.ts', () => {
  // An answer that `Response` itself parses has no bound either.
  const parses = /\bJSON\.parse\(|\.json\(\)/
  expect(findFiles(parses)).toEqual(['core/outside-json.ts'])
})
