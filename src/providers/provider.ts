/**
 * The port to where machines come from. Every provider passes `provider.testsuite.ts`. Providers know nothing of runs
 * beyond the id and tags that they are given, and nothing of the engine.
 */

import type { z } from 'zod'
import type { ProviderName } from '../contract/schemas/run.ts'
import type { Lookup } from '../core/lookup.ts'
import type { MachineState } from '../core/transitions.ts'
import { RadixError } from '../errors/radix-error.ts'
import type { ErrorCode } from '../errors/table.ts'

export interface Provider {
  readonly name: z.infer<typeof ProviderName>
  /** False for a provider that launches nothing (`existing`): the plan's machine steps are then skipped. */
  readonly launchesMachines: boolean
  /** After a launch whose answer was lost, its machine may stay invisible to `findByRun` for so long. */
  readonly settleMs: number

  /**
   * Throws when this process has no credentials at all, so that whatever it asks of the provider must fail. Those that are
   * there pass, expired ones too: they may be renewed at any time. Absent where a provider needs none.
   */
  requireCredentials?(): Promise<void>

  /** Every check that costs nothing; answers all findings at once, an empty list when the launch may go ahead. */
  preflight(request: PreflightRequest, signal: AbortSignal): Promise<Finding[]>

  /**
   * The ways to launch, in the order in which they are to be tried; never empty. The next is tried only after
   * `LAUNCH_CAPACITY`, which says that nothing was launched.
   */
  listPlacements(signal: AbortSignal): Promise<Placement[]>

  /** What a machine costs while it lives; null where nobody is billed by the hour. */
  quote(placement: Placement, signal: AbortSignal): Promise<Quote | null>

  /**
   * Keeps a secret where only the machine of this run can fetch it, and answers with a reference to it (a path, a
   * parameter name), which is no secret. Storing the same name again replaces the value.
   */
  storeSecret(runId: string, name: string, value: string): Promise<string>

  /** Deletes every secret of the run. Idempotent; no error when there are none. */
  deleteSecrets(runId: string): Promise<void>

  /**
   * Launches one machine. Idempotent by `clientToken`: a repeated call, from another process too, answers with the same
   * machine, as long as it has not been terminated, and never with a second one. May answer before the machine runs.
   * Throws `RadixError` when this call launched nothing: `LAUNCH_CAPACITY` where another placement may have what this one
   * lacks now, `LAUNCH_FAILED` and its kin where none would help.
   * `LAUNCH_UNANSWERED` where it is not known whether anything was launched: `findByRun` will tell.
   * `LaunchNotCompleted` where a machine was launched that cannot do its work.
   */
  launch(request: LaunchRequest, signal: AbortSignal): Promise<Machine>

  /**
   * The machine as the provider sees it now; absent when the provider knows nothing of it (any more), unknown when it could
   * not look. Does not throw.
   */
  describe(machineId: string): Promise<Lookup<Machine>>

  /**
   * Every machine tagged with the run that is not yet gone, found by tags alone: no state of ours is needed. What
   * is left of one and still costs money (a volume) counts as a machine: it is described and terminated by its id. Throws
   * `PartlySeen` where some places did not answer.
   */
  findByRun(runId: string): Promise<Machine[]>

  /**
   * Asks for the machine's end. Idempotent, also for one that is gone. Returns as soon as the request is accepted:
   * done means that `describe` says `terminated` or absent.
   */
  terminate(machineId: string): Promise<void>

  /** How far the machine's boot has come, in its own words; null where it does not say (yet). */
  readBootPhase(machineId: string): Promise<string | null>

  /** What most likely keeps or kept the machine from coming up; null where the provider cannot say. */
  findBootCause(machineId: string): Promise<BootCause | null>

  /** The machine's own log (console output, agent log), redacted, newest last; empty when there is none. */
  readLog(machineId: string): Promise<string>
}

export interface BootCause {
  /** Without a full stop. */
  cause: string
  /** What to do, in sentences. */
  remedy: string
  /** The machine said so itself; else it is a guess from how far it came. */
  isCertain: boolean
}

export interface PreflightRequest {
  runId: string
  apiBase: string
  deadlineAt: Date
  /** False when the job may run on CPU. */
  needsGpu: boolean
}

/** Where a machine is launched, and as what. Null where a provider has no choice. */
export interface Placement {
  region: string | null
  zone: string | null
  instanceType: string | null
  /** Spot machines may be taken away at any time. */
  market: 'on-demand' | 'spot' | null
}

/** The placement of a provider that has no choice. */
export const NO_CHOICE: Placement = { region: null, zone: null, instanceType: null, market: null }

/** For people; empty where there was no choice. */
export function describePlacement({ instanceType, market, zone, region }: Placement): string {
  const place = zone ?? region
  return [instanceType, market, place && `in ${place}`].filter(Boolean).join(' ')
}

export interface Quote {
  pricePerHourUsd: number
  /** Where the price is from, with its date. */
  source: string
}

export interface LaunchRequest {
  placement: Placement
  runId: string
  /** Persisted before the call; the identity of this attempt. */
  clientToken: string
  clusterId: string
  clusterName: string
  apiBase: string
  /** What `storeSecret` answered for the onboarding token. */
  onboardingTokenReference: string
  /** The machine's own dead-man timer fires then. */
  deadlineAt: Date
}

export interface Machine {
  machineId: string
  runId: string
  state: MachineState
  instanceType: string | null
  region: string | null
  zone: string | null
  imageId: string | null
  launchedAt: Date | null
  terminatedAt: Date | null
  /** How the provider knows the state, in words: becomes part of the termination proof. */
  stateDetail: string
  /** Why it ended or is ending, where the provider says; null while it lives. */
  end: MachineEnd | null
  /** Where its log can be read by a person, if anywhere. */
  logPath: string | null
}

export interface MachineEnd {
  /** Without a full stop. */
  cause: string
  /** What to do, in sentences; may be empty. */
  remedy: string
  /** There was no room for it after all: another placement may have some. */
  isCapacity: boolean
}

/** A machine was launched, and what it needs could not be given to it. It is the error of what failed. */
export class LaunchNotCompleted extends RadixError {
  readonly machine: Machine

  constructor(machine: Machine, { code, why, fix, details, cause }: RadixError) {
    super(code, {} as never, { words: { why, fix }, details, cause })
    this.machine = machine
  }
}

/** These machines are there, and others may be: a place did not answer. It is that place's error, with what was seen. */
export class PartlySeen extends RadixError {
  readonly machines: readonly Machine[]

  constructor(machines: readonly Machine[], { code, why, fix, details, cause }: RadixError) {
    super(code, {} as never, { words: { why, fix }, details, cause })
    this.machines = machines
  }
}

export interface Finding {
  code: ErrorCode
  /** An error stops the run; a warning is shown and kept in the evidence. */
  severity: 'error' | 'warning'
  message: string
  fix: string
}
