/** A secret of a data directory: a file that only its owner may read, created on first use. */
import { randomUUID } from 'node:crypto'
import { chmod, link, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RadixError } from '../errors/radix-error.ts'
import { fileError } from './file-errors.ts'
import { makeDirectory } from './make-directory.ts'

/**
 * The text of the file (mode 0600). If it does not exist, `make` creates the text; two racing processes end with one
 * text. Throws `DATA_DIRECTORY_UNUSABLE` for a file that cannot be read, or that other users can read; `DISK_FULL` and
 * `FILE_NOT_WRITABLE` if it cannot be created.
 */
export async function openSecretFile(path: string, make: () => string | Promise<string>): Promise<string> {
  return (await readSecret(path)) ?? (await createSecret(path, await make()))
}

async function readSecret(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path)
    const permissions = mode & 0o777
    // Windows has no such modes.
    if (permissions & 0o077 && process.platform !== 'win32') {
      const shown = permissions.toString(8).padStart(4, '0')
      throw unusable(path, `its mode is ${shown}: others could sign with it (chmod 600 ${path})`)
    }
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof RadixError) throw error
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw unusable(path, error instanceof Error ? error.message : String(error), error)
  }
}

async function createSecret(path: string, text: string): Promise<string> {
  const draft = `${path}.${randomUUID()}.draft`
  try {
    // Others may pass through a data directory but not look.
    await makeDirectory(dirname(path), 0o711)
    await writeFile(draft, text, { mode: 0o600, flush: true })
    await chmod(draft, 0o600)
    // A link never replaces a file that another process created in between.
    await link(draft, path).catch((error) => {
      if (error.code !== 'EEXIST') throw error
    })
    return await readFile(path, 'utf8')
  } catch (error) {
    throw fileError(path, error)
  } finally {
    await rm(draft, { force: true }).catch(() => {})
  }
}

function unusable(path: string, reason: string, cause?: unknown): RadixError {
  return new RadixError('DATA_DIRECTORY_UNUSABLE', { directory: path, reason }, { cause })
}
