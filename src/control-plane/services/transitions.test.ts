/** Transitions are announced in one place, and fenced by the map: no other file of the server spells a set of statuses out. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

async function linesWith(pattern: RegExp): Promise<string[]> {
  const names = (await readdir(ROOT, { recursive: true })).filter((name) => /^(?!.*test).*\.ts$/.test(name))
  const found = names.map(async (name) => {
    const source = await readFile(join(ROOT, name), 'utf8')
    return source.split('\n').flatMap((line) => (pattern.test(line) ? [`${name}: ${line.trim()}`] : []))
  })
  return (await Promise.all(found)).flat()
}

it('are counted by the transition service alone', async () => {
  const found = await linesWith(/jobTransitions\.inc/)
  expect(found.map((line) => line.split(':')[0])).toEqual(['services/transitions.ts'])
})

it('are fenced by the map: a write names no list of statuses by itself', async () => {
  expect(await linesWith(/'status', 'in', \[/)).toEqual([])
})
