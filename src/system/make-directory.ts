/**
 * Creates a folder and its parents. Node's own recursive `mkdir` never returns if the kernel answers ENOENT for a
 * folder below an existing one, as below /proc.
 */
import { mkdirSync, statSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Rejects with the file system's error. The mode applies to the folders that are created. */
export async function makeDirectory(path: string, mode?: number): Promise<void> {
  if (await isDirectory(path)) return
  const parent = dirname(path)
  if (parent !== path) await makeDirectory(parent, mode)
  try {
    await mkdir(path, mode)
  } catch (error) {
    // Another process may have created it meanwhile.
    if (!(await isDirectory(path))) throw error
  }
}

/** For folders that must be on the disk before the caller continues: for a lock, or the journal of a run. */
export function makeDirectorySync(path: string, mode?: number): void {
  if (isDirectorySync(path)) return
  const parent = dirname(path)
  if (parent !== path) makeDirectorySync(parent, mode)
  try {
    mkdirSync(path, mode)
  } catch (error) {
    if (!isDirectorySync(path)) throw error
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (isAbsent(error)) return false
    throw error
  }
}

function isDirectorySync(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** As `throwIfNoEntry` takes it. */
function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
