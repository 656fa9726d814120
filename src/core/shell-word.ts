/** One word of a command for a POSIX shell, quoted where it must be. Pure. */
import { quoteForShell } from './quote-for-shell.ts'

export function shellWord(word: string): string {
  return /^[A-Za-z0-9._:/-]+$/.test(word) ? word : quoteForShell(word)
}
