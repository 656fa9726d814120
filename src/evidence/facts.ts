/**
 * What the harness hands over when a run ends: only facts, each with its source. `build.ts` turns them into evidence.
 * No fact here is computed from another.
 */
import type { Cluster } from '../contract/schemas/cluster.ts'
import type { GpuSample, Job } from '../contract/schemas/job.ts'
import type { STEP_STATUSES } from '../contract/schemas/run.ts'
import type { ReportedResult, WorkloadResult } from '../contract/schemas/workload.ts'
import type { RunStatus } from '../core/transitions.ts'
import type { JobKind } from '../workloads/index.ts'
import type { ParameterValues } from '../workloads/parameters.ts'

export interface EvidenceFacts {
  runId: string
  /** How the run ended, before evidence was written. */
  status: RunStatus
  error: { code: string; title: string; why: string; fix: string } | null
  /** The request. */
  request: {
    provider: string
    clusterName: string
    trials: number
    ttlMinutes: number
    /** The control plane; `embedded` when it was started for this run. */
    apiBase: string
    jobKind: JobKind
    params: ParameterValues
  }
  startedAt: string
  deadlineAt: string
  /** When these facts were collected. */
  finishedAt: string
  radix: { version: string; commit: string | null }
  /** The cluster as the control plane showed it while its machine was alive. Null if there never was one. */
  cluster: Cluster | null
  machine: MachineFacts | null
  /** The price of the machine. Null if it is not billed by the hour. */
  quote: { pricePerHourUsd: number; source: string } | null
  launchAttempts: LaunchAttempt[]
  trials: TrialFacts[]
  phases: PhaseFacts[]
  termination: TerminationFacts
  /** The command that repeats the run. */
  reproduceCommand: string
}

export interface MachineFacts {
  machineId: string
  provider: string
  /** The provider's name for the machine type; the local provider has none. */
  instanceType: string | null
  region: string | null
  zone: string | null
  imageId: string | null
  launchedAt: string | null
  runningAt: string | null
  /** The fingerprint of the key by which the machine proved its identity. */
  hostKey?: string | undefined
}

export interface LaunchAttempt {
  clientToken: string
  placement: { region: string | null; zone: string | null; instanceType: string | null; market: string | null }
  at: string
  outcome: 'launched' | 'failed' | 'unknown'
  message: string | null
}

export interface TrialFacts {
  /** From 1. */
  trial: number
  job: Job
  /** Present only for a job that succeeded with a result that fits its schema. */
  result: WorkloadResult | null
  /** For a job of an earlier agent: its metrics, in place of a result. */
  reported: ReportedResult | null
  gpuSamples: { at: string; sample: GpuSample }[]
  /** The last lines of the log, oldest first, redacted. */
  logTail: string[]
}

export interface PhaseFacts {
  name: string
  status: (typeof STEP_STATUSES)[number]
  startedAt: string | null
  finishedAt: string | null
}

export interface TerminationFacts {
  /** `not_needed`: the run launched nothing (provider `existing`, or it failed before). */
  state: 'confirmed' | 'unconfirmed' | 'not_needed'
  machineId: string | null
  requestedAt: string | null
  confirmedAt: string | null
  /** The proof in words: which provider was asked, and its answer. */
  proof: string
}
