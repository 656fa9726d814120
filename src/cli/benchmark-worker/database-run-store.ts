/**
 * The journal of a run that a server carries out, in the control plane's database: read whole when the run is claimed,
 * and written in order from then on. `append` answers at once, so no effect may begin before `flush` has: `guard` makes
 * the client of the run wait for it. A server that has lost its claim sends nothing more.
 */
import type { ControlPlaneClient } from '../../contract/client.ts'
import type { BenchmarkRequest } from '../../control-plane/runs/benchmark-claims.ts'
import type { BenchmarkQueue } from '../../control-plane/server.ts'
import type { Clock } from '../../core/clock.ts'
import { ABSENT } from '../../core/lookup.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { JournalEntry } from '../../harness/journal/entry.ts'
import type { HeldRun, RunStore } from '../../harness/journal/run-store.ts'

type Journals = Pick<BenchmarkQueue, 'claimMs' | 'renew' | 'release' | 'readJournal' | 'appendToJournal' | 'writeFacts'>

export interface DatabaseRunOptions {
  journals: Journals
  request: BenchmarkRequest
  clock: Clock
}

export class DatabaseRun implements HeldRun {
  readonly #journals: Journals
  readonly #request: BenchmarkRequest
  readonly #entries: JournalEntry[]
  #facts: string | null
  /** How many of the entries are in the database. */
  #written: number
  #writing: Promise<void> = Promise.resolve()
  /** Until then no other server can have claimed the run. */
  #heldUntilMs = 0
  readonly #clock: Clock
  #isHandedOver = false

  private constructor(
    { journals, request, clock }: DatabaseRunOptions,
    { entries, facts }: { entries: JournalEntry[]; facts: string | null },
  ) {
    this.#journals = journals
    this.#request = request
    this.#clock = clock
    this.#entries = entries
    this.#facts = facts
    this.#written = entries.length
  }

  /** Throws `JOURNAL_DAMAGED`, `UNAVAILABLE`. */
  static async load(options: DatabaseRunOptions): Promise<DatabaseRun> {
    const { journals, request } = options
    const { entries, facts } = await explainOutage(() => journals.readJournal(request))
    const parsed = JournalEntry.array().safeParse(entries)
    if (parsed.success) return new DatabaseRun(options, { entries: parsed.data, facts })
    const [issue] = parsed.error.issues
    const reason = `${issue?.path.join('.')}: ${issue?.message}`
    const path = `the table run_journals (run ${request.runId})`
    throw new RadixError('JOURNAL_DAMAGED', {
      path,
      line: Number(issue?.path[0] ?? 0) + 1,
      reason,
      run_id: request.runId,
    })
  }

  /** For `HarnessPorts.openStore`: it holds this run and no other. */
  get store(): RunStore {
    const { runId } = this.#request
    return {
      directory: 'the database of the control plane',
      list: () => [runId],
      read: (id) => (id === runId ? this.read() : undefined),
      findHolder: () => ABSENT,
      open: () => this,
    }
  }

  /** Everything that was appended is in the database when it resolves. Throws `RUN_TAKEN_OVER`, `UNAVAILABLE`. */
  flush(): Promise<void> {
    const next = this.#writing.catch(() => {}).then(() => this.#write())
    this.#writing = next
    return next
  }

  /** Keeps the claim. Throws `RUN_TAKEN_OVER`, `UNAVAILABLE`. */
  async renew(): Promise<void> {
    this.#requireHeld()
    const heldFromMs = this.#clock.monotonicMs()
    try {
      await explainOutage(() => this.#journals.renew(this.#request))
    } catch (error) {
      if (isRadixError(error, 'RUN_TAKEN_OVER')) this.#heldUntilMs = Number.NEGATIVE_INFINITY
      throw error
    }
    this.#heldUntilMs = heldFromMs + this.#journals.claimMs
  }

  /** Stops here, so that another server continues from the journal. Nothing more is written or sent. */
  async handOver(): Promise<void> {
    this.#isHandedOver = true
    await this.#writing.catch(() => {})
    await explainOutage(() => this.#journals.release(this.#request))
  }

  /** A client whose requests wait until the intents before them are durable. */
  guard(client: ControlPlaneClient): ControlPlaneClient {
    return {
      baseUrl: client.baseUrl,
      call: async (...request) => {
        await this.#mayAct()
        return client.call(...request)
      },
      open: async (...request) => {
        await this.#mayAct()
        return client.open(...request)
      },
    }
  }

  read(): JournalEntry[] {
    return [...this.#entries]
  }

  append(entry: JournalEntry): void {
    this.#entries.push(entry)
  }

  /** A run whose journal is damaged is not carried on by a server: `load` has thrown. */
  setJournalAside(): void {
    throw new TypeError('a journal in the database is never set aside')
  }

  readFacts(): string | undefined {
    return this.#facts ?? undefined
  }

  async writeFacts(text: string): Promise<void> {
    await this.flush()
    await explainOutage(() => this.#journals.writeFacts(this.#request, text))
    this.#facts = text
  }

  /** Its owner flushes it, and lets the claim expire. */
  close(): void {}

  async #mayAct(): Promise<void> {
    await this.flush()
    if (this.#clock.monotonicMs() >= this.#heldUntilMs) await this.renew()
  }

  #requireHeld(): void {
    if (!this.#isHandedOver) return
    const details = { http_status: 409 }
    throw new RadixError('RUN_TAKEN_OVER', { run_id: this.#request.runId }, { details })
  }

  async #write(): Promise<void> {
    this.#requireHeld()
    const entries = this.#entries.slice(this.#written)
    if (entries.length === 0) return
    await explainOutage(() => this.#journals.appendToJournal(this.#request, this.#written, entries))
    this.#written += entries.length
  }
}

async function explainOutage<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RadixError) throw error
    const reason = 'The database with the journal of the run does not answer.'
    throw new RadixError('UNAVAILABLE', { reason }, { cause: error })
  }
}
