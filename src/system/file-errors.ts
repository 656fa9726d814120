/** From what the operating system says about a file to what a user can do. */
import { RadixError } from '../errors/radix-error.ts'

/** `DISK_FULL`, `FILE_NOT_WRITABLE`, or the error itself when it is not about a file. */
export function fileError(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error
  // The operating system's codes are one word; Node's own (`ERR_STRING_TOO_LONG`) are about the content.
  if (!/^E[A-Z0-9]+$/.test(error.code)) return error
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return new RadixError('DISK_FULL', { path }, { cause: error })
  return new RadixError('FILE_NOT_WRITABLE', { path, reason: error.message }, { cause: error })
}
