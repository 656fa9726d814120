/** The line of a file in a list for `sha256sum --check`. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'

export async function checksumLine(file: string): Promise<string> {
  const digest = createHash('sha256').update(await readFile(file))
  return `${digest.digest('hex')}  ${basename(file)}\n`
}
