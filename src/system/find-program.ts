/** Finds a program as the system would. */
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

/**
 * Undefined if there is no executable one. `path` is a list as in `PATH`; a command with a slash is not looked up
 * there.
 */
export function findProgram(command: string, path: string, cwd: string): string | undefined {
  const folders = path.split(delimiter).filter(Boolean)
  const candidates = command.includes('/') ? [command] : folders.map((folder) => join(folder, command))
  return candidates.map((file) => resolve(cwd, file)).find(isProgram)
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
