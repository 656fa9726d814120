/** Files that appear whole or not at all, and are on the disk when the call returns. */
import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileError } from './file-errors.ts'
import { makeDirectory } from './make-directory.ts'

/** Writes `path` by way of a neighbour that is renamed. Throws `DISK_FULL` or `FILE_NOT_WRITABLE`; then `path` is as before. */
export async function writeFileAtomically(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const draft = `${path}.${randomUUID()}.draft`
  try {
    await makeDirectory(dirname(path))
    const file = await open(draft, 'wx', mode)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
    await syncDirectory(dirname(path))
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw fileError(path, error)
  }
}

/** Makes renames and removals in a folder durable. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
