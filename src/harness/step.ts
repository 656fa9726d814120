/** A step of the plan, and what it receives. */
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
  /** Idempotent: it may be repeated after a crash at any point, and follows what the journal recorded. */
  do: (context: StepContext) => Promise<StepResult>
  /** Idempotent. It is called if the intent of `do` is in the journal, whether or not the effect took place. */
  undo: ((context: StepContext) => Promise<void>) | null
  /** Null: only the run's deadline bounds it. */
  timeoutMs: number | null
  /** False once nothing is billed: a deadline would then only lose the result. */
  boundByDeadline?: false
  /** Its undo comes before all others: it undoes what costs money, and does not need the control plane. */
  undoFirst?: true
  /** The time limit for all tries of the undo together. The run's deadline does not bound it. */
  undoTimeoutMs?: number
  /** The error of a step that reached `timeoutMs`; `STEP_TIMED_OUT` if absent. */
  onTimeout?: (context: StepContext, timeoutSeconds: number) => Promise<Error> | Error
  /** The error of a step that reached the run's deadline; `RUN_TTL_EXCEEDED` if absent. */
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
  /** The facts that the journal has now. */
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
  /** How the run will end, as far as it is known at this point. */
  ending(): { status: RunStatus; failure: Failure | null }
  /** Calls the control plane under the step's signal. */
  call<N extends RouteName>(name: N, request: RouteRequest<N>, options?: CallOptions): Promise<RouteAnswer<N>>
  /** Makes facts durable in the journal. */
  record(facts: RunFacts): void
  /** Reports to the observer what the step waits for. */
  say(message: string): void
  emit(event: RunEvent): void
  /** Stops the background reports, so that the final report is the last one. */
  endReports(): Promise<void>
}

/** One action of an unwinding. */
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
