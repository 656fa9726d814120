/** The data directory of a server: one server at a time, and where that server is. */
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { RadixError } from '../errors/radix-error.ts'
import { writeFileAtomically } from '../system/atomic-file.ts'
import { acquireLock, findLockHolder } from '../system/lock-file.ts'

const ServerRecord = z.object({
  pid: z.number().int(),
  url: z.url(),
  /** The process that started it for itself, and with which it ends. */
  ownerPid: z.number().int().nullable(),
})
export type ServerRecord = z.infer<typeof ServerRecord>

export interface LockedDataDirectory {
  /** Says where the server is reached. */
  publish(url: string): Promise<void>
  release(): Promise<void>
}

/** Makes and takes the directory. Throws `DATA_DIRECTORY_IN_USE` or `DATA_DIRECTORY_UNUSABLE`. */
export async function lockDataDirectory(directory: string): Promise<LockedDataDirectory> {
  await createDirectory(directory)
  const url = (await readRecord(directory))?.url ?? 'its address is not known yet'
  const release = acquireLock(
    lockPath(directory),
    (pid) => new RadixError('DATA_DIRECTORY_IN_USE', { pid, directory, url }),
  )
  // What a server that died had published is no longer true.
  await rm(recordPath(directory), { force: true })
  return {
    publish: (serverUrl) =>
      writeFileAtomically(
        recordPath(directory),
        JSON.stringify({ pid: process.pid, url: serverUrl, ownerPid: process.connected ? process.ppid : null }),
      ),
    async release() {
      await rm(recordPath(directory), { force: true })
      release()
    },
  }
}

/** The server that runs on this directory now; `undefined` when none does. */
export async function readServerRecord(directory: string): Promise<ServerRecord | undefined> {
  const record = await readRecord(directory)
  return record && findLockHolder(lockPath(directory))?.pid === record.pid ? record : undefined
}

async function createDirectory(directory: string): Promise<void> {
  try {
    // Others may pass through (the embedded database runs as another user under root) but not look.
    await mkdir(directory, { recursive: true, mode: 0o711 })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new RadixError('DATA_DIRECTORY_UNUSABLE', { directory, reason }, { cause: error })
  }
}

async function readRecord(directory: string): Promise<ServerRecord | undefined> {
  try {
    return ServerRecord.parse(JSON.parse(await readFile(recordPath(directory), 'utf8')))
  } catch {
    return undefined
  }
}

function lockPath(directory: string): string {
  return join(directory, 'server.lock')
}

function recordPath(directory: string): string {
  return join(directory, 'server.json')
}
