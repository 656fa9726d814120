/** Runs that are kept in memory, for tests: as durable as files are to the process that writes them, and faster. */
import { ABSENT } from '../../core/lookup.ts'
import { JournalEntry } from '../journal/entry.ts'
import type { HeldRun, RunStore } from '../journal/run-store.ts'

interface StoredRun {
  lines: string[]
  facts: string | undefined
}

export class MemoryStore implements RunStore {
  readonly directory = 'memory'
  readonly #runs = new Map<string, StoredRun>()

  list(): string[] {
    return [...this.#runs.keys()]
  }

  read(runId: string): JournalEntry[] | undefined {
    return this.#runs.get(runId)?.lines.map((line) => JournalEntry.parse(JSON.parse(line)))
  }

  findHolder() {
    return ABSENT
  }

  /** Of two processes only one is alive at a time: nothing is locked. */
  open(runId: string): HeldRun {
    const run = this.#runs.get(runId) ?? { lines: [], facts: undefined }
    this.#runs.set(runId, run)
    return {
      read: () => this.read(runId) ?? [],
      append: (entry) => void run.lines.push(JSON.stringify(entry)),
      setJournalAside: () => void run.lines.splice(0),
      readFacts: () => run.facts,
      writeFacts: async (text) => {
        run.facts = text
      },
      close: () => {},
    }
  }

  /** Leaves the first `count` entries, as a journal has them whose last ones never reached the disk. */
  cut(runId: string, count: number): void {
    this.#runs.get(runId)?.lines.splice(count)
  }
}
