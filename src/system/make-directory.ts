/**
 * Makes a folder and those above it. Node's own recursive `mkdir` never returns where the kernel answers ENOENT for a folder
 * below one that is there, as below /proc.
 */
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Throws the error of the file system. The mode is that of the folders that are made. */
export function makeDirectory(path: string, mode?: number): void {
  if (isDirectory(path)) return
  const parent = dirname(path)
  if (parent !== path) makeDirectory(parent, mode)
  try {
    mkdirSync(path, mode)
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isDirectory(path)) throw error
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
