/**
 * The port to the source of machines. Every provider passes `provider.testsuite.ts`. Providers know only the id and
 * tags of a run, and nothing of the engine.
 */

import type { z } from 'zod'
import type { ProviderName } from '../contract/schemas/run.ts'
import { PROVIDER_LIMITS } from '../core/limits/providers.ts'
import type { Lookup } from '../core/lookup.ts'
import type { MachineState } from '../core/transitions.ts'
import { RadixError } from '../errors/radix-error.ts'
import type { ErrorCode } from '../errors/table.ts'

export interface Provider {
  readonly name: z.infer<typeof ProviderName>
  /** False for a provider that launches nothing (`existing`): the plan's machine steps are then skipped. */
  readonly launchesMachines: boolean
  /** After a launch whose answer was lost, its machine may stay invisible to `findByRun` for this long. */
  readonly settleMs: number

  /**
   * Throws if this process has no credentials at all, so that every call to the provider must fail. Existing
   * credentials pass, even expired ones: they may be renewed at any time. Absent if a provider needs none.
   */
  requireCredentials?(): Promise<void>

  /** Runs every check that costs nothing. Returns all findings at once, or an empty list if the launch may proceed. */
  preflight(request: PreflightRequest, signal: AbortSignal): Promise<Finding[]>

  /**
   * The placements to try, in order; never empty. The next is tried only after `LAUNCH_CAPACITY`, which means that
   * nothing was launched.
   */
  listPlacements(signal: AbortSignal): Promise<Placement[]>

  /** The price of a machine while it exists; null if it is not billed by the hour. */
  quote(placement: Placement, signal: AbortSignal): Promise<Quote | null>

  /**
   * Stores a secret where only the machine of this run can fetch it, and returns a reference (a path, a parameter
   * name), which is not a secret. Storing the same name again replaces the value.
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
   * The current machine according to the provider. Absent if the provider does not know it (or no longer does), unknown
   * if it could not look. Does not throw.
   */
  describe(machineId: string): Promise<Lookup<Machine>>

  /**
   * Every machine with the run's tags that is not yet terminated, found only by tags: no state of Radix is needed. A
   * remainder that still costs money (a volume) counts as a machine: it is described and terminated by its id. Throws
   * `PartlySeen` if some places did not answer.
   */
  findByRun(runId: string): Promise<Machine[]>

  /**
   * Requests the termination of the machine. Idempotent, also for a terminated one. Returns once the request is
   * accepted. The machine is terminated when `describe` returns `terminated` or absent.
   */
  terminate(machineId: string): Promise<void>

  /** The progress of the machine's boot, in its own words; null if it has not reported any. */
  readBootPhase(machineId: string): Promise<string | null>

  /** The most likely cause that keeps or kept the machine from coming up; null if the provider cannot say. */
  findBootCause(machineId: string): Promise<BootCause | null>

  /** The machine's own log (console output, agent log), redacted, newest last; empty when there is none. */
  readLog(machineId: string): Promise<string>

  /** Closes what this process holds open (connections); absent if it holds nothing. Machines go on. */
  close?(): Promise<void>
}

/** The agent exits, and its machine ends, after this long without the control plane. */
export const UNREACHABLE_EXIT_SECONDS = PROVIDER_LIMITS.agentAlone.value / 1000

export interface BootCause {
  /** A clause without a full stop. */
  cause: string
  /** The remedy, in sentences. */
  remedy: string
  /** The machine reported it itself. Otherwise it is a guess from its boot progress. */
  isCertain: boolean
}

export interface PreflightRequest {
  runId: string
  apiBase: string
  deadlineAt: Date
  /** False when the job may run on CPU. */
  needsGpu: boolean
}

/** Where a machine is launched, and as which type. Null if a provider has no choice. */
export interface Placement {
  region: string | null
  zone: string | null
  instanceType: string | null
  market: Market | null
}

/** Spot machines may be reclaimed at any time. `reserved` and `capacity-block` use capacity that was reserved before. */
export const MARKETS = ['on-demand', 'spot', 'reserved', 'capacity-block'] as const
export type Market = (typeof MARKETS)[number]

/** The placement of a provider that has no choice. */
export const NO_CHOICE: Placement = { region: null, zone: null, instanceType: null, market: null }

/** For people; empty if there was no choice. */
export function describePlacement({ instanceType, market, zone, region }: Placement): string {
  const place = zone ?? region
  return [instanceType, market, place && `in ${place}`].filter(Boolean).join(' ')
}

export interface Quote {
  pricePerHourUsd: number
  /** The source of the price, with its date. */
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
  /** The reference from `storeSecret` for the onboarding token. */
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
  /** The fingerprint of the key by which it proved its identity to this process, where there is one. */
  hostKey?: string | undefined
  launchedAt: Date | null
  terminatedAt: Date | null
  /** How the provider knows the state, in words. It becomes part of the termination proof. */
  stateDetail: string
  /** Why it ended or is ending, if the provider reports it; null while it is running. */
  end: MachineEnd | null
  /** Where its log can be read by a person, if anywhere. */
  logPath: string | null
}

export interface MachineEnd {
  /** A clause without a full stop. */
  cause: string
  /** The remedy, in sentences; may be empty. */
  remedy: string
  /**
   * `capacity`: there was none after all, and another placement may have some. `reclaim`: the provider took a machine
   * back that it may take back at any time.
   */
  kind: 'capacity' | 'reclaim' | 'other'
}

/** A machine was launched but could not be set up. It carries the error of the failed part. */
export class LaunchNotCompleted extends RadixError {
  readonly machine: Machine

  constructor(machine: Machine, { code, why, fix, details, cause }: RadixError) {
    super(code, {} as never, { words: { why, fix }, details, cause })
    this.machine = machine
  }
}

/**
 * These machines exist, and there may be others: a place did not answer. It carries that place's error and the machines
 * that were seen.
 */
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

export function errorFinding({ code, why, fix }: RadixError): Finding {
  return { code, severity: 'error', message: why, fix }
}

export function warningFinding(error: RadixError): Finding {
  return { ...errorFinding(error), severity: 'warning' }
}
