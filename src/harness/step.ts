/** What a step of the plan is, and what it is given. */
import type { CallOptions, ControlPlaneClient, RouteAnswer, RouteRequest } from '../contract/client.ts'
import type { RouteName } from '../contract/routes.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { RunStatus } from '../core/transitions.ts'
import type { Provider } from '../providers/provider.ts'
import type { RunConfig } from './config.ts'
import type { RunEvent } from './events.ts'
import type { Failure, RunFacts } from './journal/entry.ts'
import type { RunState } from './journal/run-state.ts'
import type { HeldRun } from './journal/run-store.ts'
import type { EvidenceWriter, TokenSource } from './ports.ts'
import type { StepName } from './step-names.ts'

export interface Step {
  name: StepName
  /** Idempotent: it may be repeated after a crash at any point, and goes by what the journal says was recorded. */
  do: (context: StepContext) => Promise<StepResult>
  /** Idempotent; called when the intent of `do` is in the journal, whether or not its effect took place. */
  undo: ((context: StepContext) => Promise<void>) | null
  /** Null: bounded by the run's deadline alone. */
  timeoutMs: number | null
  /** False once nothing is billed any more: a deadline would then only lose the result. */
  boundByDeadline?: false
  /** Its undo comes before all others: what costs money, and ends without the control plane. */
  undoFirst?: true
  /** For all tries of the undo together; the run's deadline does not bound it. */
  undoTimeoutMs?: number
  /** The error of a step that ran into `timeoutMs`; `STEP_TIMED_OUT` where absent. */
  onTimeout?: (context: StepContext, timeoutSeconds: number) => Promise<Error> | Error
  /** The error of a step that ran into the run's deadline; `RUN_TTL_EXCEEDED` where absent. */
  onDeadline?: (context: StepContext) => Error
}

export interface StepResult {
  status: 'succeeded' | 'skipped'
  message: string | null
}

export interface StepContext {
  readonly runId: string
  readonly config: RunConfig
  readonly deadlineAt: Date
  /** As the journal has it now. */
  readonly state: RunState
  readonly facts: RunFacts
  readonly client: ControlPlaneClient
  readonly tokenSource: TokenSource
  readonly provider: Provider
  readonly evidenceWriter: EvidenceWriter
  readonly files: Pick<HeldRun, 'readFacts' | 'writeFacts'>
  readonly clock: Clock
  readonly logger: Logger
  readonly commit: string | null
  /** Aborts at the timeout, the run's deadline, an interrupt or a cancel request, with the error as its reason. */
  readonly signal: AbortSignal
  /** How the run is about to end, as far as it is known at this point. */
  ending(): { status: RunStatus; failure: Failure | null }
  /** Calls the control plane under the step's signal. */
  call<N extends RouteName>(name: N, request: RouteRequest<N>, options?: CallOptions): Promise<RouteAnswer<N>>
  /** Makes facts durable in the journal. */
  record(facts: RunFacts): void
  /** Tells the observer what is being waited for. */
  say(message: string): void
  emit(event: RunEvent): void
  /** Stops the reports that are sent in the background, so that the last word on the run is the last. */
  endReports(): Promise<void>
}

/** One act of an unwinding. */
export interface Undo {
  step: StepName
  run: (context: StepContext) => Promise<void>
  timeoutMs: number
}

export function done(message: string | null = null): StepResult {
  return { status: 'succeeded', message }
}

export function skipped(message: string): StepResult {
  return { status: 'skipped', message }
}
