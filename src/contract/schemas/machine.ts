/** Machines that are known to be alive, and the last sweeps of the reapers that look for leftovers. */
import { z } from 'zod'
import { RUN_STATUSES } from '../../core/transitions.ts'
import { Timestamp } from './common.ts'
import { ProviderName, RunMachine } from './run.ts'

const Text = z.string().max(1000)

export const ReaperName = z
  .string()
  .regex(/^[A-Za-z0-9][\w.:-]{0,99}$/, 'at most 100 letters, digits, dots, colons, dashes and underscores')

/** One thing that a sweep found by its tags. */
export const ReapedThing = z.object({
  kind: z.enum(['instance', 'volume', 'parameter', 'bucket', 'agent', 'lease']),
  id: Text,
  region: Text,
  run_id: Text,
  created_at: Timestamp.nullable(),
  deadline_at: Timestamp.nullable(),
  detail: Text.describe('for people: state, type, name'),
  decision: z.enum(['keep: young', 'keep: live', 'reap: deadline passed', 'reap: too old']),
  outcome: z.enum(['kept', 'would be removed', 'removed', 'failed', 'over budget']),
  error: Text.nullable(),
})
export type ReapedThing = z.infer<typeof ReapedThing>

/** The latest sweep of a reaper. */
export const ReaperReport = z.object({
  at: Timestamp,
  dry_run: z.boolean(),
  success: z.boolean().describe('every place was checked, and everything due was removed or its removal was requested'),
  interval_seconds: z
    .number()
    .positive()
    .max(604_800)
    .nullable()
    .describe('until the next sweep; null for a single one'),
  things: z.array(ReapedThing).max(500).describe('the first 500'),
  unseen: z
    .array(z.object({ name: Text, error: Text }))
    .max(100)
    .describe('places that could not be checked'),
})
export type ReaperReport = z.infer<typeof ReaperReport>

/** With what the tenant's runs report about it. */
export const SeenThing = ReapedThing.extend({
  gone_at: Timestamp.nullable().describe(
    'when the machine ended, if its run has reported that since the sweep; otherwise null',
  ),
  run_is_known: z.boolean().describe('whether a run with that id exists'),
})
export type SeenThing = z.infer<typeof SeenThing>

const StoredReport = ReaperReport.extend({
  left_out: z
    .object({ things: z.number().int(), unseen: z.number().int() })
    .optional()
    .describe('how many more there are; absent if the lists are complete'),
})
export type StoredReport = z.infer<typeof StoredReport>

export const Reaper = StoredReport.extend({
  name: z.string(),
  things: z.array(SeenThing),
  last_success_at: Timestamp.nullable().describe('of a sweep that was not a dry run'),
  received_at: Timestamp,
}).meta({ id: 'Reaper' })
export type Reaper = z.infer<typeof Reaper>

/** A machine whose run has not reported it as terminated. */
export const AliveMachine = RunMachine.extend({
  run_id: z.string(),
  run_status: z.enum(RUN_STATUSES),
  provider: ProviderName,
  cluster_name: z.string(),
  run_created_at: Timestamp.describe('with `deadline_at` and `worst_case_cost_usd` it tells the price per hour'),
  deadline_at: Timestamp,
  worst_case_cost_usd: z.number().nullable(),
}).meta({ id: 'AliveMachine' })
export type AliveMachine = z.infer<typeof AliveMachine>
