/** Runs in memory, for tests: for the process that writes them as durable as files, and faster. */
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

  /** Only one process lives at a time, so nothing is locked. */
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

  /** Keeps the first `count` entries, as if the others had never reached the disk. */
  cut(runId: string, count: number): void {
    this.#runs.get(runId)?.lines.splice(count)
  }
}
