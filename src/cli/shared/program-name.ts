/** How the user types the program here: commands that Radix prints must work when pasted. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isSea } from 'node:sea'
import { shellWord } from '../../core/shell-word.ts'
import { PACKAGE_NAME, PROGRAM_FOLDER } from '../../system/program-files.ts'

/**
 * `./radix` in a clone, its whole path elsewhere on that machine, an executable as it was typed, `npx radix-gpu` where npx
 * started it, and `radix` where it is installed.
 */
export function programName(directory = process.cwd(), root = PROGRAM_FOLDER, env = process.env): string {
  if (isSea()) return shellWord(process.argv0)
  const ofClone = join(root, 'radix')
  const isClone = existsSync(join(root, 'tools', 'setup', 'main.mjs')) && existsSync(ofClone)
  if (!isClone) return env.npm_command === 'exec' ? `npx ${PACKAGE_NAME}` : 'radix'
  return directory === root ? './radix' : shellWord(ofClone)
}
