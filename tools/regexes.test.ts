/**
 * Every regular expression takes linear time: what comes from outside must not be able to stop a process by its length.
 * Literals are read from the source. An analysis finds most of what is not linear; a measurement finds a run that begins
 * behind a mark which the run may hold, too. What `redact` puts together is measured in redact.test.ts.
 */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from '@swc/core'
import { analyse } from 'scslre'
import { expect, it } from 'vitest'
import { growthOf } from '../src/core/testing/growth.ts'

const ROOT = join(import.meta.dirname, '..')

/** 1. The lines of `ps`, whose length the kernel bounds. 2. It begins at the start of a line only, which is not seen. */
const ALLOWED = new Set([
  String.raw`src/system/process-table.ts: /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\d+:\S+\s+\d+)\s+(.*)$/`,
  String.raw`src/core/printable.ts: /^([^\S\n]*)::/gm`,
])

interface Literal {
  source: string
  flags: string
}

function isSlow({ source, flags }: Literal): boolean {
  return analyse({ source, flags }).reports.length > 0 || isMeasuredSlow({ source, flags })
}

/** On what the pattern itself is made of, again and again: the text that makes it begin as often as it can. */
function isMeasuredSlow({ source, flags }: Literal): boolean {
  const marks = source.replaceAll(/\\[sdwbSDWB]|[\\()[\]{}?*+|^$]/g, ' ').split(/ +/)
  return marks.some((mark) => mark !== '' && growthOf((text) => new RegExp(source, flags).test(text), mark) > 8)
}

function literalsOf(path: string): Literal[] {
  const found: Literal[] = []
  const visit = (node: unknown) => {
    if (typeof node !== 'object' || node === null) return
    if ('type' in node && node.type === 'RegExpLiteral' && 'pattern' in node && 'flags' in node) {
      found.push({ source: String(node.pattern), flags: String(node.flags) })
    }
    Object.values(node).forEach(visit)
  }
  visit(parseSync(readFileSync(path, 'utf8'), { syntax: 'typescript', tsx: path.endsWith('x') }))
  return found
}

it.each([
  ['a run that can begin anywhere', /\s+$/],
  ['two runs of the same characters, side by side', /^\d*\.?\d+$/],
  ['a run of runs', /^(?:a+)+$/],
  ['a run behind a mark that the run holds, too', /eyJ[A-Za-z0-9]{8,}\./],
])('finds %s', (_, literal) => {
  expect(isSlow(literal)).toBe(true)
})

it('finds none in the source', () => {
  const paths = globSync('{src,dashboard/src,tools}/**/*.{ts,tsx,mjs}', { cwd: ROOT })
  const ours = paths.filter((path) => !/\.test\.|\/testing\//.test(path))
  const literals = ours.flatMap((path) => literalsOf(join(ROOT, path)).map((literal) => ({ path, ...literal })))
  expect(literals.length).toBeGreaterThan(100)
  const slow = literals.filter(isSlow).map(({ path, source, flags }) => `${path}: /${source}/${flags}`)
  expect(slow.filter((each) => !ALLOWED.has(each))).toEqual([])
})
