/** Starts a run, or only checks whether it could start. */
import { newId } from '../core/ids.ts'
import { VERSION } from '../core/version.ts'
import { RadixError } from '../errors/radix-error.ts'
import type { Finding } from '../providers/provider.ts'
import { checkBudget } from './check-budget.ts'
import { parseRunConfig, type RunConfig, type RunConfigInput } from './config.ts'
import { advance } from './engine.ts'
import type { RunObserver, RunOutcome } from './events.ts'
import type { JournalEntry } from './journal/entry.ts'
import { openRunStore } from './journal/run-store.ts'
import type { HarnessPorts } from './ports.ts'
import { RunInProgress } from './run-in-progress.ts'
import { authenticate } from './steps/authenticate.ts'
import { asFindings, findObstacles, unique } from './steps/preflight.ts'

export interface StartRunOptions {
  config: RunConfigInput
  /** For a run id that is derived elsewhere (by a CI job). A new one otherwise. */
  runId?: string | undefined
  ports: HarnessPorts
  observe: RunObserver
  /** Aborts, with the name of a signal as its reason, when the user wants the run to stop. */
  interrupt: AbortSignal
}

/**
 * Runs the plan to its end. The answer has the outcome, also for a run that failed. Throws only if there is no run:
 * `CONFIGURATION_INVALID`, `RUN_ALREADY_STARTED`, `RUN_IN_PROGRESS`, or a journal that cannot be written.
 */
export async function startRun(options: StartRunOptions): Promise<RunOutcome> {
  const { ports, observe, interrupt, runId = newId('run', ports.clock.now().getTime()) } = options
  const config = parseRunConfig(options.config)
  const files = openStore(ports, config.dataDir).open(runId)
  try {
    if (files.read().length > 0) throw new RadixError('RUN_ALREADY_STARTED', { run_id: runId })
    const run = new RunInProgress(files, ports, observe, firstEntry(ports, runId, config, false))
    run.begin('run')
    await advance(run, interrupt)
    return run.finish()
  } finally {
    files.close()
  }
}

/** `--dry-run`: signs in and runs the preflight checks. Nothing is started or kept. */
export async function findObstaclesOfRun(
  input: RunConfigInput,
  ports: HarnessPorts,
  signal: AbortSignal,
): Promise<Finding[]> {
  const config = parseRunConfig(input)
  const client = ports.createClient(config.apiBase, ports.tokenSource)
  const context = {
    runId: newId('run', ports.clock.now().getTime()),
    config,
    provider: ports.provider,
    evidenceWriter: ports.evidenceWriter,
    client,
    tokenSource: ports.tokenSource,
    deadlineAt: deadlineOf(ports, config),
    signal,
    call: client.call,
  }
  // Report the other findings even if sign-in fails.
  const found = await Promise.all([
    asFindings(authenticate(context).then(() => [])),
    findObstacles(context),
    asFindings(checkBudget(context)),
  ])
  return unique(found.flat())
}

export function firstEntry(ports: HarnessPorts, runId: string, config: RunConfig, adopted: boolean): JournalEntry {
  return {
    type: 'run-started',
    schema: 'radix.journal/v1',
    at: ports.clock.now().toISOString(),
    runId,
    config,
    deadlineAt: deadlineOf(ports, config).toISOString(),
    radixVersion: VERSION,
    adopted,
  }
}

export function openStore(ports: HarnessPorts, dataDir: string) {
  return (ports.openStore ?? openRunStore)(dataDir)
}

function deadlineOf(ports: HarnessPorts, config: RunConfig): Date {
  return new Date(ports.clock.now().getTime() + config.ttlMinutes * 60_000)
}
