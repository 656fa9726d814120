/** The data directory, and the free space of its disk. */
import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CLI_LIMITS } from '../../core/limits/cli.ts'
import { shellWord } from '../../core/shell-word.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { type Diagnosis, failed, found, missing } from './diagnosis.ts'

const DIRECTORY = { check: 'Data directory', isRequired: true }
const DISK = { check: 'Disk', isRequired: true }
const GIB = 1024 ** 3
/** Nothing has that path, or a file is where a folder of it should be. */
const ABSENT = ['ENOENT', 'ENOTDIR']

export async function checkDataDirectory(dataDir: string): Promise<Diagnosis> {
  const present = await nearestPresent(dataDir)
  if (typeof present !== 'string') {
    return missing(DIRECTORY, 'unknown', `${dataDir}: ${present.message}`, `ls -ld ${shellWord(dataDir)}`)
  }
  try {
    if (!(await stat(present)).isDirectory()) throw new Error(`${present} is not a folder`)
    await access(present, constants.W_OK | constants.X_OK)
  } catch (error) {
    const params = { directory: dataDir, reason: reasonOf(error) }
    return failed(DIRECTORY, 'unusable', new RadixError('DATA_DIRECTORY_UNUSABLE', params, { cause: error }))
  }
  return found(DIRECTORY, present === dataDir ? dataDir : `${dataDir} (the first run creates it)`)
}

export async function checkDisk(dataDir: string): Promise<Diagnosis> {
  const present = await nearestPresent(dataDir)
  const where = typeof present === 'string' ? present : dirname(dataDir)
  try {
    const { bavail, bsize } = await statfs(where)
    const freeBytes = bavail * bsize
    const message = `${(freeBytes / GIB).toFixed(1)} GiB free for ${dataDir}`
    const neededBytes = CLI_LIMITS.freeDisk.value
    if (freeBytes >= neededBytes) return found(DISK, message)
    const fix = `Free at least ${neededBytes / GIB} GiB (\`df -h ${shellWord(where)}\`), or use another disk with --data-dir.`
    return missing(DISK, 'unusable', message, fix)
  } catch (error) {
    return missing(DISK, 'unknown', `${where}: ${reasonOf(error)}`, `df -h ${shellWord(where)}`)
  }
}

/** The folder itself or the nearest one above it that exists; an error if that cannot be seen. */
async function nearestPresent(path: string): Promise<string | Error> {
  for (let at = path; ; at = dirname(at)) {
    try {
      await stat(at)
      return at
    } catch (error) {
      const isAbsent = error instanceof Error && 'code' in error && ABSENT.includes(String(error.code))
      if (!isAbsent || at === dirname(at)) return error instanceof Error ? error : new Error(String(error))
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
