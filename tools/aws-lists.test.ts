/** Lists of AWS are paged by `listAll` and nothing else: the sources are scanned for every other way. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..', 'src')
const sources = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
  .filter(({ text }) => text.includes("from '@aws-sdk/client-"))
const packages = [...new Set(sources.flatMap(({ text }) => text.match(/@aws-sdk\/client-[a-z0-9-]+/g) ?? []))]

it('finds the sources that talk to AWS', () => {
  expect(sources.length).toBeGreaterThan(10)
  expect(packages).toContain('@aws-sdk/client-ec2')
})

it('no source sends a command that the SDK can page', async () => {
  const exported = (await Promise.all(packages.map((name) => import(name)))).flatMap((module) => Object.keys(module))
  const pageable = exported.filter((name) => name.startsWith('paginate')).map((name) => name.replace('paginate', ''))
  expect(pageable).toContain('DescribeInstances')
  const commands = new RegExp(`\\b(${pageable.join('|')})Command\\b`, 'g')
  expect(sources.flatMap(({ path, text }) => (text.match(commands) ?? []).map((found) => `${path}: ${found}`))).toEqual(
    [],
  )
})

it('no source reads the token of a page, or walks the pages itself', () => {
  const token = /\b(?:NextToken|nextToken|NextMarker|Marker)\b|for await \([^)]*paginate/g
  expect(sources.flatMap(({ path, text }) => (text.match(token) ?? []).map((found) => `${path}: ${found}`))).toEqual([])
})
