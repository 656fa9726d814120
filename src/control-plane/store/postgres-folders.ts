/** The private folders of the embedded PostgreSQL: its data, and its socket. */
import { createHash } from 'node:crypto'
import { chmod, chown, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, parse } from 'node:path'
import { shellWord } from '../../core/shell-word.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { makeDirectory } from '../../system/make-directory.ts'
import type { DatabaseUser } from './database-user.ts'

const SOCKET_NAME = '.s.PGSQL.5432'
/** A socket's address holds 104 bytes on macOS and 108 on Linux, a zero at its end included. */
const SOCKET_PATH_BYTES = 103
/** Short, and there on every Unix. */
const SHORT_FOLDER = '/tmp'

/** The same for the same data directory; in the temporary folder, unless its path is too long for a socket. */
export function socketDirectoryOf(dataDir: string, temporaryFolder = tmpdir()): string {
  const name = `radix-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`
  const path = join(temporaryFolder, name)
  return Buffer.byteLength(join(path, SOCKET_NAME)) > SOCKET_PATH_BYTES ? join(SHORT_FOLDER, name) : path
}

/** A folder of mode 0700 that the database's user owns and can reach. Throws `DATA_DIRECTORY_UNUSABLE`. */
export async function preparePrivateDirectory(path: string, user: DatabaseUser | undefined): Promise<void> {
  try {
    await makeDirectory(path, 0o700)
    const owner = user?.uid ?? process.getuid?.()
    if (user) await chown(path, user.uid, user.gid)
    const found = await stat(path)
    // In a world-writable folder, another user could have created it first.
    if (owner !== undefined && found.uid !== owner) throw ownedByAnother(path, found.uid, owner)
    await chmod(path, 0o700)
    if (user) await requirePassage(dirname(path), user)
  } catch (error) {
    if (error instanceof RadixError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new RadixError('DATA_DIRECTORY_UNUSABLE', { directory: path, reason }, { cause: error })
  }
}

function ownedByAnother(path: string, uid: number, expected: number): RadixError {
  const reason = `it belongs to user ${uid}, not to ${expected}`
  const words = {
    why: `The embedded database needs the folder ${path} for itself, but ${reason}.`,
    fix: `Remove the folder as its owner or as root (\`rm -r ${shellWord(path)}\`), or set TMPDIR to a folder of your own.`,
  }
  return new RadixError('DATA_DIRECTORY_UNUSABLE', { directory: path, reason }, { words })
}

/** All folders on the path that the database's user may not enter, so that one command fixes them all. */
async function requirePassage(path: string, user: DatabaseUser): Promise<void> {
  const closed: string[] = []
  for (let at = path; at !== parse(at).root; at = dirname(at)) {
    const { mode, uid } = await stat(at)
    if (uid !== user.uid && (mode & 0o001) === 0) closed.unshift(at)
  }
  if (closed.length === 0) return
  const which = closed.join(' and ')
  const words = {
    why: `PostgreSQL does not run as root: the database runs as user ${user.name}, who may not pass through ${which}.`,
    fix: `Let others pass (\`chmod o+x ${closed.join(' ')}\`), or give a folder with \`--data-dir\` that others may pass, such as /var/lib/radix.`,
  }
  throw new RadixError('DATA_DIRECTORY_UNUSABLE', { directory: path, reason: words.why }, { words })
}
