/** What a provider keeps of its machines on this disk: a record and a log of each, and the secrets of a run until then. */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { isId } from '../core/ids.ts'
import { SYSTEM_LIMITS } from '../core/limits/system.ts'
import { tryParseOutsideJson } from '../core/outside-json.ts'
import { writeFileAtomically } from '../system/atomic-file.ts'
import { makeDirectory } from '../system/make-directory.ts'
import { removeTree } from '../system/remove-tree.ts'

export class MachineFiles<R extends { machineId: string }> {
  readonly #directory: string
  readonly #schema: z.ZodType<R>

  constructor(directory: string, schema: z.ZodType<R>) {
    this.#directory = directory
    this.#schema = schema
  }

  directoryOf(machineId: string): string {
    return join(this.#directory, machineId)
  }

  logPath(machineId: string): string {
    return join(this.directoryOf(machineId), 'agent.log')
  }

  /** The agent's token, jobs and results. */
  agentStateDirectory(machineId: string): string {
    return join(this.directoryOf(machineId), 'agent')
  }

  /** Machine ids of every record that was ever created here. */
  async list(): Promise<string[]> {
    const names = await readdir(this.#directory).catch(() => [])
    return names.filter((name) => isId('m', name))
  }

  /** `undefined` if there is none, or if it cannot be read. */
  async read(machineId: string): Promise<R | undefined> {
    if (!isId('m', machineId)) return undefined
    const text = await readFile(this.#recordPath(machineId), 'utf8').catch(() => undefined)
    if (text === undefined) return undefined
    return tryParseOutsideJson(text, this.#schema, { maxCharacters: SYSTEM_LIMITS.record.value }) ?? undefined
  }

  /** Throws `DISK_FULL` or `FILE_NOT_WRITABLE`. */
  async write(record: R): Promise<void> {
    await writeFileAtomically(this.#recordPath(record.machineId), JSON.stringify(record), 0o600)
  }

  /** Data that only a live machine needs, above all its token. The log stays. */
  async removeAgentState(machineId: string): Promise<void> {
    await removeTree(this.agentStateDirectory(machineId))
  }

  async storeSecret(runId: string, name: string, value: string): Promise<string> {
    const path = join(this.#secretsDirectory(runId), name)
    await makeDirectory(this.#secretsDirectory(runId), 0o700)
    await writeFileAtomically(path, value, 0o600)
    return path
  }

  async deleteSecrets(runId: string): Promise<void> {
    await rm(this.#secretsDirectory(runId), { recursive: true, force: true })
  }

  #recordPath(machineId: string): string {
    return join(this.directoryOf(machineId), 'machine.json')
  }

  #secretsDirectory(runId: string): string {
    return join(this.#directory, 'secrets', runId)
  }
}
