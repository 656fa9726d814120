/** A transaction uses only its own connection: if many took a second one from the pool, all would starve. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
/** Calls that begin a transaction, or run in one with its connection. */
const BEGINNINGS = /\.transaction\(\)\.execute\(|\brunOnce\(\s*[\w.]+,/g
// `db: trx` gives the connection of the transaction on.
const USES_THE_POOL = /\b(?:app\.)?db\b(?!: trx\b)/

function findPoolInTransactions(source: string): string[] {
  return [...source.matchAll(BEGINNINGS)].flatMap(({ index, 0: beginning }) => {
    const body = readToClosing(source, index + beginning.length)
    return body.split('\n').filter((line) => USES_THE_POOL.test(line.replace(/\/\/.*|`[^`]*`/g, '')))
  })
}

/** The text up to the closing parenthesis of the call. */
function readToClosing(source: string, start: number): string {
  let depth = 1
  let end = start
  while (depth > 0 && end < source.length) {
    if (source[end] === '(') depth++
    else if (source[end] === ')') depth--
    end++
  }
  return source.slice(start, end)
}

it('is not left by any statement of a service', async () => {
  const names = (await readdir(ROOT, { recursive: true })).filter((name) => /^(?!.*test).*\.ts$/.test(name))
  const found: string[] = []
  let transactions = 0
  for (const name of names) {
    const source = await readFile(join(ROOT, name), 'utf8')
    transactions += [...source.matchAll(BEGINNINGS)].length
    found.push(...findPoolInTransactions(source).map((line) => `${name}: ${line.trim()}`))
  }
  expect(transactions).toBeGreaterThan(5)
  expect(found).toEqual([])
})

it('is reported where a statement leaves it', () => {
  const source =
    'return db.transaction().execute(async (trx) => {\n  if (!used) throw await explain(db, id)\n})\nawait db.x()'
  expect(findPoolInTransactions(source)).toEqual(['  if (!used) throw await explain(db, id)'])
})
