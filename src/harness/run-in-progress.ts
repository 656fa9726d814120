/**
 * A run that this process holds: its journal, the state folded from it, and the ports. Every change of state goes
 * through `append`, so the state in memory is never ahead of the disk.
 */
import type { ControlPlaneClient } from '../contract/client.ts'
import { HARNESS_LIMITS } from '../core/limits/harness.ts'
import type { RunStatus } from '../core/transitions.ts'
import { renderErrorObject } from '../errors/render.ts'
import type { RunEvent, RunObserver, RunOutcome } from './events.ts'
import type { Failure, JournalEntry, NewJournalEntry, RunFacts } from './journal/entry.ts'
import { applyEntry, foldJournal, type RunState, wasStarted } from './journal/run-state.ts'
import type { HeldRun } from './journal/run-store.ts'
import { outcomeOf } from './outcome.ts'
import type { HarnessPorts } from './ports.ts'
import { type Reporter, startReporter } from './reporter.ts'
import type { StepContext } from './step.ts'
import { STEP_NAMES, type StepName } from './step-names.ts'

export class RunInProgress {
  readonly ports: HarnessPorts
  readonly files: HeldRun
  readonly client: ControlPlaneClient
  readonly #observer: RunObserver
  readonly #cancelled = new AbortController()
  #state: RunState
  #reporter: Reporter | undefined
  #telling: Promise<void> | undefined
  /** Set while unwinding: a disk that is full must not keep a machine running. */
  #toleratesJournalFailure = false
  #warnedOfJournal = false
  /** Entries that could not be written so far. They are written before the next entry, so the journal has no gap. */
  #unwritten: JournalEntry[] = []

  constructor(files: HeldRun, ports: HarnessPorts, observer: RunObserver, first?: JournalEntry) {
    this.files = files
    this.ports = ports
    this.#observer = observer
    // A run without a journal is only ever cleaned up, which must not wait for the disk.
    this.#toleratesJournalFailure = first?.type === 'run-started' && first.adopted
    if (first) this.#write(first)
    this.#state = foldJournal(first ? [first] : files.read())
    this.client = ports.createClient(this.#state.config.apiBase, ports.tokenSource)
  }

  get state(): RunState {
    return this.#state
  }

  /** Aborts when the control plane reports a cancel request. */
  get cancelRequested(): AbortSignal {
    return this.#cancelled.signal
  }

  /** Records which process works on the run from now on. */
  begin(command: 'run' | 'resume' | 'cleanup'): void {
    const { runId, deadlineAt, config } = this.#state
    // A clean-up continues even if the journal cannot be written.
    this.#toleratesJournalFailure = command === 'cleanup'
    this.append({ type: 'process-started', pid: process.pid, command: `radix bench ${command}` })
    this.emit({ type: 'run-started', runId, deadlineAt, steps: STEP_NAMES, trials: config.trials })
  }

  /** How the run ended, once it has. */
  finish(): RunOutcome {
    const outcome = outcomeOf(this.#state)
    this.emit({ type: 'run-finished', outcome })
    return outcome
  }

  append(entry: NewJournalEntry): void {
    const timed = { ...entry, at: this.ports.clock.now().toISOString() } as JournalEntry
    this.#write(timed)
    this.#state = applyEntry(this.#state, timed)
    this.#reporter?.changed()
  }

  #write(entry: JournalEntry): void {
    const unwritten = [...this.#unwritten, entry]
    try {
      for (let next = unwritten[0]; next; next = unwritten[0]) {
        this.files.append(next)
        unwritten.shift()
      }
    } catch (error) {
      if (!this.#toleratesJournalFailure) throw error
      if (!this.#warnedOfJournal) {
        this.#warnedOfJournal = true
        this.emit({ type: 'warning', message: `The journal cannot be written: ${renderErrorObject(error).why}` })
      }
    }
    this.#unwritten = unwritten
  }

  /** What is undone follows the journal, not the memory of this process. */
  beginUnwinding(): void {
    this.#toleratesJournalFailure = true
    try {
      this.#state = foldJournal(this.files.read())
    } catch (error) {
      this.ports.logger.warn({ err: error }, 'the journal cannot be read again; using what was written to it')
    }
  }

  emit(event: RunEvent): void {
    try {
      this.#observer(event)
    } catch (error) {
      this.ports.logger.warn({ err: error }, 'an observer of the run failed')
    }
  }

  /** Records at once that the run was cancelled here: this process may not get time to record more. */
  tellOfCancel(): void {
    if (!wasStarted(this.#state, 'register-run')) return
    const params = { run_id: this.#state.runId }
    this.#telling = this.client
      .call('cancelRun', { params }, { timeoutMs: HARNESS_LIMITS.cancelRequest.value, retries: 0 })
      .then(() => {})
      .catch((error: unknown) => this.ports.logger.debug({ err: error }, 'the cancellation could not be recorded'))
  }

  startReports(): void {
    this.#reporter = startReporter(this, () => this.#cancelled.abort())
  }

  async endReports(): Promise<void> {
    await Promise.all([this.#reporter?.stop(), this.#telling])
    this.#reporter = undefined
  }

  /**
   * The context for `do` or `undo` of a step. `close` it when the step ends, so that late work records nothing more.
   */
  contextFor(step: StepName, signal: AbortSignal): { context: StepContext; close(): void } {
    const run = this
    let open = true
    const context: StepContext = {
      runId: run.state.runId,
      config: run.state.config,
      deadlineAt: new Date(run.state.deadlineAt),
      get state() {
        return run.state
      },
      get facts() {
        return run.state.facts
      },
      client: run.client,
      tokenSource: run.ports.tokenSource,
      provider: run.ports.provider,
      evidenceWriter: run.ports.evidenceWriter,
      files: run.files,
      clock: run.ports.clock,
      logger: run.ports.logger,
      commit: run.ports.commit ?? null,
      signal,
      ending: () => run.ending(),
      call: (name, request, options) => run.client.call(name, request, { signal, ...options }),
      record: (facts: RunFacts) => {
        if (!open) throw new Error(`step ${step} is over`)
        run.append({ type: 'recorded', facts })
      },
      say: (message) => run.emit({ type: 'step-progress', step, message }),
      emit: (event) => run.emit(event),
      endReports: () => run.endReports(),
    }
    const close = () => {
      open = false
    }
    return { context, close }
  }

  /** How the run ends if nothing else happens: terminating its machine comes first. */
  ending(): { status: RunStatus; failure: Failure | null } {
    const { state } = this
    if (state.phase === 'advancing') return { status: 'succeeded', failure: null }
    if (state.steps['launch-machine'].undo === 'failed') {
      return { status: 'termination_unconfirmed', failure: state.failure }
    }
    return { status: state.unwindStatus ?? 'failed', failure: state.failure }
  }
}
