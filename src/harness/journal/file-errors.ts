/** From what the operating system says to what a user can do. */
import { RadixError } from '../../errors/radix-error.ts'

export function writeError(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') return new RadixError('DISK_FULL', { path }, { cause: error })
  if (typeof code !== 'string' || !(error instanceof Error)) return error
  return new RadixError('FILE_NOT_WRITABLE', { path, reason: error.message }, { cause: error })
}
