/**
 * Where runs are kept: `<dataDir>/runs/<run_id>/` with the journal, the lock, and the facts that were collected before
 * the machine was terminated.
 */
import { readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { runsDirectory } from '../../core/directories.ts'
import { isId } from '../../core/ids.ts'
import { found, type Lookup } from '../../core/lookup.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { writeFileAtomically } from '../../system/atomic-file.ts'
import { fileError } from '../../system/file-errors.ts'
import { acquireLock, findLockHolder, hostProcesses, lookAtLock, type ProcessRegistry } from '../../system/lock-file.ts'
import type { JournalEntry } from './entry.ts'
import { JournalWriter, readJournal } from './journal.ts'

export interface RunStore {
  /** For messages. */
  readonly directory: string
  /** Ids of the runs that are kept here. */
  list(): string[]
  /**
   * The entries of a run's journal, without taking hold of the run. `undefined` if there is no journal. Throws
   * `JOURNAL_DAMAGED`, `FILE_NOT_READABLE`.
   */
  read(runId: string): JournalEntry[] | undefined
  /** The pid of the living process that works on the run. */
  findHolder(runId: string): Lookup<number>
  /**
   * Takes hold of a run, new or old. `lacksDisk`: continues if the lock cannot be written, as long as no process is
   * known to hold it, because machines must be terminated on a full disk too. Throws `RUN_IN_PROGRESS`.
   */
  open(runId: string, options?: { lacksDisk: boolean }): HeldRun
}

/** A run that only this process works on, until `close`. */
export interface HeldRun {
  /** Throws `JOURNAL_DAMAGED`; empty for a new run. */
  read(): JournalEntry[]
  /** Durable when it returns. Throws `DISK_FULL`, `FILE_NOT_WRITABLE`. */
  append(entry: JournalEntry): void
  /** Keeps a damaged journal under another name, so that the run can begin a new one. */
  setJournalAside(): void
  readFacts(): string | undefined
  /** Durable and whole when it returns; replaces what was there. */
  writeFacts(text: string): Promise<void>
  close(): void
}

export function openRunStore(dataDir: string, processes: ProcessRegistry = hostProcesses): RunStore {
  const directory = runsDirectory(dataDir)
  const journalPath = (runId: string) => join(directory, runId, 'journal.jsonl')
  return {
    directory,
    list: () => readNames(directory).filter((name) => isId('run', name)),
    read: (runId) => (isId('run', runId) ? readJournal(journalPath(runId), runId)?.entries : undefined),
    findHolder: (runId) => {
      const look = lookAtLock(join(directory, runId, 'lock'), processes)
      return look.outcome === 'found' ? found(look.value.pid) : look
    },
    open: (runId, options) =>
      new FileRun(join(directory, runId), lockRun(join(directory, runId), runId, processes, options)),
  }
}

interface RunLock {
  runId: string
  release: () => void
}

function lockRun(
  directory: string,
  runId: string,
  processes: ProcessRegistry,
  options: { lacksDisk: boolean } | undefined,
): RunLock {
  const path = join(directory, 'lock')
  const heldBy = (pid: number | 'unknown') => new RadixError('RUN_IN_PROGRESS', { pid, run_id: runId })
  try {
    return { runId, release: acquireLock(path, heldBy, processes) }
  } catch (error) {
    const isAboutDisk = isRadixError(error, 'DISK_FULL') || isRadixError(error, 'FILE_NOT_WRITABLE')
    if (!options?.lacksDisk || !isAboutDisk) throw error
    const holder = findLockHolder(path, processes)
    if (holder) throw heldBy(holder.pid)
    return { runId, release: () => {} }
  }
}

class FileRun implements HeldRun {
  readonly #directory: string
  readonly #runId: string
  readonly #release: () => void
  #writer: JournalWriter | undefined

  constructor(directory: string, { runId, release }: RunLock) {
    this.#directory = directory
    this.#runId = runId
    this.#release = release
  }

  get #journalPath(): string {
    return join(this.#directory, 'journal.jsonl')
  }

  read(): JournalEntry[] {
    return readJournal(this.#journalPath, this.#runId)?.entries ?? []
  }

  append(entry: JournalEntry): void {
    this.#writer ??= new JournalWriter(this.#journalPath, readJournal(this.#journalPath, this.#runId)?.wholeBytes ?? 0)
    this.#writer.append(entry)
  }

  setJournalAside(): void {
    this.#writer?.close()
    this.#writer = undefined
    const taken = readNames(this.#directory).filter((name) => name.startsWith('journal.damaged-')).length
    try {
      renameSync(this.#journalPath, join(this.#directory, `journal.damaged-${taken + 1}.jsonl`))
    } catch (error) {
      throw fileError(this.#journalPath, error)
    }
  }

  readFacts(): string | undefined {
    try {
      return readFileSync(join(this.#directory, 'facts.json'), 'utf8')
    } catch {
      return undefined
    }
  }

  writeFacts(text: string): Promise<void> {
    return writeFileAtomically(join(this.#directory, 'facts.json'), text, 0o600)
  }

  close(): void {
    this.#writer?.close()
    this.#writer = undefined
    this.#release()
  }
}

/** Empty if the folder does not exist. Throws `DATA_DIRECTORY_UNUSABLE` if it cannot be read. */
function readNames(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    const reason = error instanceof Error ? error.message : String(error)
    throw new RadixError('DATA_DIRECTORY_UNUSABLE', { directory, reason }, { cause: error })
  }
}
