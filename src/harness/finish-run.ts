/** Continues or cleans up a run that an earlier process left. */
import { HARNESS_LIMITS } from '../core/limits/harness.ts'
import type { RunStatus } from '../core/transitions.ts'
import { isRadixError, RadixError } from '../errors/radix-error.ts'
import { asRadixError, renderErrorObject } from '../errors/render.ts'
import { parseRunConfig, type RunConfigInput } from './config.ts'
import { advance } from './engine.ts'
import type { RunObserver, RunOutcome } from './events.ts'
import type { JournalEntry } from './journal/entry.ts'
import { foldJournal, isSettled, isStepOver, wasStarted } from './journal/run-state.ts'
import type { HeldRun } from './journal/run-store.ts'
import type { HarnessPorts } from './ports.ts'
import { RunInProgress } from './run-in-progress.ts'
import { firstEntry, openStore } from './start-run.ts'
import { unwind, unwindMachines } from './unwind.ts'
import { isGone } from './wait.ts'

export interface FinishRunOptions {
  runId: string
  dataDir: string
  ports: HarnessPorts
  observe: RunObserver
  interrupt: AbortSignal
}

export interface CleanUpOptions extends FinishRunOptions {
  /** What is known about the run from elsewhere, for a journal that is damaged or on another machine. */
  adoptAs?: RunConfigInput | undefined
}

/**
 * Continues where the run stopped. Throws `RUN_NOT_FOUND`, `RUN_IN_PROGRESS`, `RUN_ALREADY_FINISHED`,
 * `JOURNAL_DAMAGED`; an error that keeps the provider from being asked at all; and an error that keeps the control
 * plane from reporting how the run ended.
 */
export async function resumeRun(options: FinishRunOptions): Promise<RunOutcome> {
  const files = openStore(options.ports, options.dataDir).open(options.runId)
  try {
    const entries = files.read()
    if (entries.length === 0) throw notFound(options)
    const run = new RunInProgress(files, options.ports, options.observe)
    const { state } = run
    if (isSettled(state)) {
      throw new RadixError('RUN_ALREADY_FINISHED', { run_id: options.runId, status: state.status })
    }
    await requireCredentials(options, entries)
    // Its machines may have been terminated since. Continuing without that knowledge could launch another one.
    const ended = state.phase === 'advancing' ? await askForEnding(run) : await findEnding(run)
    run.begin('resume')
    if (state.phase === 'advancing' && ended === 'not bad') await advance(run, options.interrupt)
    else await takeDown(run, ended)
    return run.finish()
  } finally {
    files.close()
  }
}

/**
 * Removes everything that the run left, however it ended. For a successful run it only checks that nothing is left.
 * Idempotent. Throws `RUN_NOT_FOUND`, `RUN_IN_PROGRESS`, `JOURNAL_DAMAGED`, and an error that keeps the provider from
 * being asked at all.
 */
export async function cleanUpRun(options: CleanUpOptions): Promise<RunOutcome> {
  const files = openStore(options.ports, options.dataDir).open(options.runId, { lacksDisk: true })
  try {
    const entries = readJournal(files, options)
    if (entries.length === 0 && !options.adoptAs) throw notFound(options)
    await requireCredentials(options, entries)
    const run = openOrAdopt(files, options, entries)
    run.begin('cleanup')
    const { phase, status } = run.state
    // The run succeeded: only its machines could have come back.
    if (phase === 'ended' && status === 'succeeded') await unwindMachines(run)
    else if (phase === 'advancing' && isStepOver(run.state, 'terminate-machine')) {
      // The machine is terminated and the result durable: only clean-up remains, unless the run had failed. If the
      // control plane cannot be asked, the run is not called a success.
      const ended = await findEnding(run)
      if (ended !== 'not bad') await takeDown(run, ended)
      else await advance(run, options.interrupt)
    } else await takeDown(run)
    return run.finish()
  } finally {
    files.close()
  }
}

/** Without credentials there is no reason to wait: no machine of the run can be found or terminated. */
async function requireCredentials({ ports }: FinishRunOptions, entries: readonly JournalEntry[]): Promise<void> {
  if (entries.length > 0 && !wasStarted(foldJournal(entries), 'launch-machine')) return
  await ports.provider.requireCredentials?.()
}

function openOrAdopt(files: HeldRun, options: CleanUpOptions, entries: readonly JournalEntry[]): RunInProgress {
  const { ports, observe, runId, adoptAs } = options
  if (entries.length > 0) return new RunInProgress(files, ports, observe)
  if (!adoptAs) throw notFound(options)
  return new RunInProgress(files, ports, observe, firstEntry(ports, runId, parseRunConfig(adoptAs), true))
}

/** A damaged journal is set aside once the user has described the run. */
function readJournal(files: HeldRun, { adoptAs }: CleanUpOptions): JournalEntry[] {
  try {
    return files.read()
  } catch (error) {
    if (!adoptAs || !isRadixError(error, 'JOURNAL_DAMAGED')) throw error
    files.setJournalAside()
    return []
  }
}

/**
 * How the run ended, according to the control plane: a journal that could not be written at the end does not have it.
 * `unknown` if the control plane cannot be asked.
 */
async function findEnding(run: RunInProgress): Promise<Ending> {
  return askForEnding(run).catch(() => 'unknown')
}

async function askForEnding({ client, state: { runId } }: RunInProgress): Promise<BadEnding | 'not bad'> {
  const options = { timeoutMs: HARNESS_LIMITS.endingQuestion.value, retries: 1 }
  try {
    const { status } = await client.call('getRun', { params: { run_id: runId } }, options)
    return toBadEnding(status) ?? 'not bad'
  } catch (error) {
    // The process ended before it registered the run.
    if (isGone(error)) return 'not bad'
    const { code, why, fix, details, cause } = asRadixError(error)
    const words = {
      why: `The control plane does not say whether run ${runId} has ended, so it is not resumed. ${why}`,
      fix: `${fix} Or clean up everything: \`radix bench cleanup ${runId}\`.`,
    }
    throw new RadixError(code, {} as never, { words, details, cause })
  }
}

type BadEnding = 'failed' | 'cancelled'
type Ending = BadEnding | 'not bad' | 'unknown'

function isBad(ending: Ending): ending is BadEnding {
  return ending === 'failed' || ending === 'cancelled'
}

/** `undefined` for a run that is in progress or succeeded. */
function toBadEnding(status: RunStatus): BadEnding | undefined {
  if (status === 'failed' || status === 'cancelled') return status
  return status === 'termination_unconfirmed' ? 'failed' : undefined
}

/** An unwinding that was begun keeps its reason; otherwise the clean-up is the reason. */
async function takeDown(run: RunInProgress, ended: Ending = 'unknown'): Promise<void> {
  run.beginUnwinding()
  const { state } = run
  const status = state.unwindStatus ?? toBadEnding(state.status) ?? (isBad(ended) ? ended : 'cancelled')
  const cancelled = new RadixError('RUN_CANCELLED', { run_id: state.runId, requested_by: '`radix bench cleanup`' })
  const failure = state.failure ?? renderErrorObject(cancelled)
  run.append({ type: 'unwind-started', status, failure })
  await unwind(run)
}

function notFound({ ports, dataDir, runId }: FinishRunOptions): RadixError {
  return new RadixError('RUN_NOT_FOUND', { run_id: runId, directory: openStore(ports, dataDir).directory })
}
