/** Turns file errors of the operating system into errors that a user can act on. */
import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { shellWord } from '../core/shell-word.ts'
import { RadixError } from '../errors/radix-error.ts'

/** `DISK_FULL`, `FILE_NOT_WRITABLE`, or the original error if it is not about a file. */
export function fileError(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error
  // The operating system's codes are one word; Node's own (`ERR_STRING_TOO_LONG`) are about the content.
  if (!/^E[A-Z0-9]+$/.test(error.code)) return error
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return new RadixError('DISK_FULL', { path }, { cause: error })
  const opened = 'path' in error && typeof error.path === 'string' ? error.path : path
  const params = { path, reason: error.message, remedy: findRemedy(path, opened, error.code) }
  return new RadixError('FILE_NOT_WRITABLE', params, { cause: error })
}

/** Names the obstacle. `opened`: the path that the operating system refused, which may be a draft beside `path`. */
function findRemedy(path: string, opened: string, code: string): string {
  if (code === 'EROFS') return 'Choose a place on a file system that is not mounted read-only.'
  if (code === 'ENAMETOOLONG') return 'Choose a shorter path.'
  const [isFolder, above] = [isDirectory(path), findExisting(code === 'ENOTDIR' ? path : dirname(path))]
  if (isFolder && ['EISDIR', 'ENOTEMPTY', 'EEXIST'].includes(code)) {
    return `Choose another name: ${path} is a folder (\`ls -ld ${shellWord(path)}\`).`
  }
  if (isFolder) return checkFolder(path)
  if (!isDirectory(above)) {
    return `Choose another place, or move ${above} away (\`ls -l ${shellWord(above)}\`): it is a file, and a folder is needed.`
  }
  if (existsSync(path) && opened === path) {
    return `Check the owner and mode of the file (\`ls -l ${shellWord(path)}\`), or choose another one.`
  }
  return checkFolder(above)
}

function checkFolder(path: string): string {
  return `Check the owner and mode of the folder (\`ls -ld ${shellWord(path)}\`), or choose another one.`
}

function findExisting(path: string): string {
  const parent = dirname(path)
  return existsSync(path) || parent === path ? path : findExisting(parent)
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  } catch {
    return false
  }
}
