/**
 * The entries of a run's journal, one JSON object per line. An intent (`step-started`, `undo-started`, a recorded key)
 * comes before its effect, the outcome after it. Never a secret: only references to where one is kept.
 */
import { z } from 'zod'
import { upgradeRecordedEvidence } from '../../contract/earlier-documents.ts'
import { Cluster } from '../../contract/schemas/cluster.ts'
import { Rate, Timestamp } from '../../contract/schemas/common.ts'
import { VERDICT_LEVELS } from '../../contract/schemas/comparison.ts'
import { JOB_STATUSES, RUN_STATUSES } from '../../core/transitions.ts'
import { MARKETS } from '../../providers/provider.ts'
import { RunConfig } from '../config.ts'
import { STEP_NAMES } from '../step-names.ts'

const StepName = z.enum(STEP_NAMES)

const Quote = z.object({ pricePerHourUsd: z.number(), source: z.string() })

const Placement = z.object({
  region: z.string().nullable(),
  zone: z.string().nullable(),
  instanceType: z.string().nullable(),
  market: z.enum(MARKETS).nullable(),
})

export const Failure = z.object({ code: z.string(), title: z.string(), why: z.string(), fix: z.string() })
export type Failure = z.infer<typeof Failure>

export const TrialRecord = z.object({
  trial: z.number().int().min(1),
  /** The Idempotency-Key of its job: recorded before the job is launched. */
  key: z.string(),
  jobId: z.string().nullable(),
  status: z.enum(JOB_STATUSES).nullable(),
})
export type TrialRecord = z.infer<typeof TrialRecord>

/** The known facts of the run. Recording merges new facts over earlier ones, member by member. */
export const RunFacts = z
  .object({
    /** The Idempotency-Key of `createCluster`. */
    clusterKey: z.string(),
    clusterId: z.string(),
    /** The cluster as it was when its agent had activated it. */
    cluster: Cluster,
    onboardingTokenReference: z.string(),
    /** The client token of the launch attempt. */
    launchToken: z.string(),
    /** Which placement the attempt is for, and when the provider was first asked. */
    launchPlacement: z.number().int(),
    launchAskedAt: Timestamp,
    placements: z.array(Placement),
    /** The price of each kind of placement, as the preflight found it. */
    quotes: z.array(z.object({ placement: Placement, quote: Quote.nullable() })),
    /** The price of the dearest placement until a launch is attempted; then that of the attempt's own placement. */
    quote: Quote.nullable(),
    /** Where the machine's agent looks for the control plane. It stays the same, whatever starts afterwards. */
    machineApiBase: z.string(),
    launchAttempts: z.array(
      z.object({
        clientToken: z.string(),
        placement: Placement,
        at: Timestamp,
        /** `unknown`: no answer arrived, so something may have been launched. */
        outcome: z.enum(['launched', 'failed', 'unknown']),
        message: z.string().nullable(),
        /** True until the launch call returned in any way. It stays true if the process died. */
        isUnderWay: z.boolean().optional(),
      }),
    ),
    /** The machine of the launch attempt; null until the attempt has one. */
    machine: z
      .object({
        machineId: z.string(),
        instanceType: z.string().nullable(),
        region: z.string().nullable(),
        zone: z.string().nullable(),
        imageId: z.string().nullable(),
        hostKey: z.string().optional(),
        launchedAt: Timestamp.nullable(),
        logPath: z.string().nullable(),
      })
      .nullable(),
    machineRunningAt: Timestamp,
    terminationRequestedAt: Timestamp,
    terminationConfirmedAt: Timestamp,
    terminationProof: z.string(),
    trials: z.array(TrialRecord),
    evidence: z.preprocess(
      upgradeRecordedEvidence,
      z.object({
        path: z.string(),
        verdict: z.object({
          level: z.enum(VERDICT_LEVELS),
          reasons: z.array(z.object({ code: z.string(), message: z.string() })),
        }),
        throughput: Rate.nullable(),
        durationSeconds: z.number().nullable(),
      }),
    ),
  })
  .partial()
export type RunFacts = z.infer<typeof RunFacts>

const at = { at: Timestamp }

export const JournalEntry = z.discriminatedUnion('type', [
  z.object({
    ...at,
    type: z.literal('run-started'),
    schema: z.literal('radix.journal/v1'),
    runId: z.string(),
    config: RunConfig,
    deadlineAt: Timestamp,
    radixVersion: z.string(),
    /** True if there was no journal and the run was found by its tags: anything may have been started. */
    adopted: z.boolean(),
  }),
  z.object({ ...at, type: z.literal('process-started'), pid: z.number().int(), command: z.string() }),
  z.object({ ...at, type: z.literal('step-started'), step: StepName }),
  z.object({ ...at, type: z.literal('recorded'), facts: RunFacts }),
  z.object({
    ...at,
    type: z.literal('step-finished'),
    step: StepName,
    status: z.enum(['succeeded', 'failed', 'skipped']),
    message: z.string().nullable(),
  }),
  z.object({
    ...at,
    type: z.literal('unwind-started'),
    status: z.enum(['failed', 'cancelled']),
    failure: Failure,
  }),
  z.object({ ...at, type: z.literal('undo-started'), step: StepName }),
  z.object({ ...at, type: z.literal('undo-finished'), step: StepName, error: z.string().nullable() }),
  z.object({ ...at, type: z.literal('run-ended'), status: z.enum(RUN_STATUSES), failure: Failure.nullable() }),
])
export type JournalEntry = z.infer<typeof JournalEntry>

type WithoutTime<T> = T extends unknown ? Omit<T, 'at'> : never
export type NewJournalEntry = WithoutTime<JournalEntry>
