/** What the processes of this machine know of the relays that they opened: how to serve each, from now on and again. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { SYSTEM_LIMITS } from '../../../core/limits/system.ts'
import { tryParseOutsideJson } from '../../../core/outside-json.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import { writeFileAtomically } from '../../../system/atomic-file.ts'

export const RelayRecord = z.object({
  ownerId: z.string(),
  clusterId: z.string(),
  bucket: z.string(),
  key: z.string(),
  /** Where the machine finds the addresses of its end, sealed. */
  accessUrl: z.url(),
  /** Where the machine finds the files of the agent. Absent if it does not need them. */
  agentFilesUrl: z.url().optional(),
  /** The addresses of this end. */
  readUrl: z.url(),
  writeUrl: z.url(),
  /** What this end wrote. */
  readOwnUrl: z.url(),
  expiresAt: z.iso.datetime(),
})
export type RelayRecord = z.infer<typeof RelayRecord>

export class RelayRecords {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  /**
   * Undefined if there is none, or if it is damaged. Throws `FILE_NOT_READABLE`: a record that cannot be read may belong to a
   * relay in use, whose key must not be replaced.
   */
  async read(bucket: string): Promise<RelayRecord | undefined> {
    const path = this.#pathOf(bucket)
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw new RadixError('FILE_NOT_READABLE', { path, reason: error.message }, { cause: error })
    })
    if (text === undefined) return undefined
    return tryParseOutsideJson(text, RelayRecord, { maxCharacters: SYSTEM_LIMITS.record.value }) ?? undefined
  }

  /** Only its owner may read it: it has the key. Throws `DISK_FULL` or `FILE_NOT_WRITABLE`. */
  async write(record: RelayRecord): Promise<void> {
    await writeFileAtomically(this.#pathOf(record.bucket), JSON.stringify(record), 0o600)
  }

  async remove(bucket: string): Promise<void> {
    await rm(this.#pathOf(bucket), { force: true })
  }

  #pathOf(bucket: string): string {
    return join(this.#directory, `${bucket}.json`)
  }
}
