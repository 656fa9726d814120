/** Every `fetch` is bounded in time and size and sends no credential on; this finds code that goes past the two clients. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const FOLDERS = ['src', 'dashboard/src']

/** Each with its reason. Other code calls `boundedFetch` or the typed client. */
const MAY_FETCH = [
  // Asks this page's own server whether it is there, for a limited time; reads no body.
  'dashboard/src/parts/chunks.ts',
  // Passes `fetch` to the typed client.
  'src/agent/main.ts',
  // Changes the address of the typed client's requests.
  'src/cli/shared/following-fetch.ts',
  // The typed client.
  'src/contract/client.ts',
  // Redeems a code once, for a limited time, and follows no redirect.
  'src/control-plane/auth/sign-in/provider.ts',
  'src/core/bounded-fetch.ts',
  // Takes every status for an answer, for a limited time; reads no body.
  'src/providers/ec2/preflight/agent-image.ts',
  'src/providers/ec2/preflight/api-base.ts',
  // Is one: hands requests to a relay.
  'src/relay/relay-client.ts',
  // Asks the control plane of this machine, for a limited time, and follows no redirect.
  'src/relay/relay-server.ts',
]

/** Calls it, passes it on, or names it as a default. A method of that name, as in `query.fetch(`, is another thing. */
const FETCHES = /(?<![\w.])fetch\(|\b(?:globalThis|window|self)\.fetch\b|=\s*fetch\b(?!\s*[:=])/

function fetchesItself(source: string): boolean {
  const code = source
    .replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    .replaceAll(/typeof (?:globalThis\.)?fetch\b/g, '')
  return FETCHES.test(code)
}

function readSources(folder: string): { path: string; source: string }[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$|\.testsuite\.ts$|(^|\/)testing\//.test(path))
    .map((path) => ({ path: `${folder}/${path}`, source: readFileSync(join(ROOT, folder, path), 'utf8') }))
}

it('only the named files call fetch themselves', () => {
  const found = FOLDERS.flatMap(readSources).filter(({ source }) => fetchesItself(source))
  expect(found.map(({ path }) => path).sort()).toEqual(MAY_FETCH)
})

it.each([
  ['await fetch(url)', true],
  ['return globalThis.fetch(url)', true],
  ['const get = globalThis.fetch', true],
  ['({ get = fetch }) => get(url)', true],
  ['fetch?: typeof globalThis.fetch', false],
  ['// fetch(url)', false],
  ['refetch(); query.fetch(); boundedFetch(url)', false],
])('%s: %s', (source, expected) => expect(fetchesItself(source)).toBe(expected))
