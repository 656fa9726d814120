/** Machines that are known to be alive, and what the reapers that look for leftovers last saw. */
import { z } from 'zod'
import { RUN_STATUSES } from '../../core/transitions.ts'
import { Timestamp } from './common.ts'
import { ProviderName, RunMachine } from './run.ts'

const Text = z.string().max(1000)

export const ReaperName = z
  .string()
  .regex(/^[A-Za-z0-9][\w.:-]{0,99}$/, 'letters, digits, dots, colons, dashes and underscores; 100 at the most')

/** One thing that a sweep found by its tags. */
export const ReapedThing = z.object({
  kind: z.enum(['instance', 'volume', 'parameter']),
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
  success: z.boolean().describe('every place was looked at, and everything due is gone or was asked to go'),
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
    .describe('places that could not be looked at'),
})
export type ReaperReport = z.infer<typeof ReaperReport>

/** With what the runs of the tenant say of it. */
export const SeenThing = ReapedThing.extend({
  gone_at: Timestamp.nullable().describe(
    'when the machine ended, where its run says that it did since the sweep; null where nothing is known',
  ),
  run_is_known: z.boolean().describe('there is a run of that id'),
})
export type SeenThing = z.infer<typeof SeenThing>

const StoredReport = ReaperReport.extend({
  left_out: z
    .object({ things: z.number().int(), unseen: z.number().int() })
    .optional()
    .describe('how many more there are, where a list would be too long with them; absent where it has all'),
})
export type StoredReport = z.infer<typeof StoredReport>

export const Reaper = StoredReport.extend({
  name: z.string(),
  things: z.array(SeenThing),
  last_success_at: Timestamp.nullable().describe('of a sweep that was not only a look'),
  received_at: Timestamp,
}).meta({ id: 'Reaper' })
export type Reaper = z.infer<typeof Reaper>

/** Of a run that launched it and has not said that it is gone. */
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
