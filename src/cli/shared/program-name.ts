/** How the user types the program here: commands that Radix prints must work when pasted. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { quoteForShell } from '../../core/quote-for-shell.ts'
import { PROGRAM_FOLDER } from '../../system/program-files.ts'

/** `./radix` in a clone, its whole path elsewhere on that machine, `radix` where it is installed. */
export function programName(directory = process.cwd(), root = PROGRAM_FOLDER): string {
  const ofClone = join(root, 'radix')
  if (!existsSync(join(root, 'tools', 'setup', 'main.mjs')) || !existsSync(ofClone)) return 'radix'
  if (directory === root) return './radix'
  return /^[\w./-]+$/.test(ofClone) ? ofClone : quoteForShell(ofClone)
}
