/** The parameters of each job kind, the result of its workload (`radix.result/v2`) and its progress. */
import { z } from 'zod'
import {
  DEFAULT_WORKLOAD,
  JOB_KINDS,
  type JobKind,
  jobKindOf,
  WORKLOAD_NAMES,
  WORKLOADS,
  type WorkloadName,
} from '../../workloads/index.ts'
import { type Parameters, type ParameterValues, toParametersSchema } from '../../workloads/parameters.ts'
import { upgradeResult } from '../earlier-documents.ts'
import { Rate, ReportedText, Unit } from './common.ts'

export const JobKindName = z.enum(JOB_KINDS)

const RECIPE_CHOICES = Object.values(WORKLOADS).flatMap(({ parameters }: { parameters: Parameters }) =>
  parameters.recipe?.kind === 'choice' ? Object.keys(parameters.recipe.choices) : [],
)
/** Of all workloads that have recipes. */
export const RECIPES = [...new Set(RECIPE_CHOICES)] as [string, ...string[]]

type ParamsSchema = z.ZodType<ParameterValues, Record<string, unknown>>

/** Params of each job kind: the one map from kind to schema. */
export const JOB_PARAMS = Object.fromEntries(
  JOB_KINDS.map((kind) => [kind, toParametersSchema(WORKLOADS[kind].parameters)]),
) as unknown as Record<JobKind, ParamsSchema>

/** Of a request whose unknown parameters are dropped, as a reader of earlier and later documents does. */
export const KNOWN_JOB_PARAMS = Object.fromEntries(
  JOB_KINDS.map((kind) => [kind, toParametersSchema(WORKLOADS[kind].parameters).strip()]),
) as unknown as Record<JobKind, ParamsSchema>

/** Members of a request for a run: which workload, and its parameters. */
export const CHOSEN_WORKLOAD = {
  workload: z.enum(WORKLOAD_NAMES).default(DEFAULT_WORKLOAD),
  params: z
    .record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
    .prefault({})
    .describe("checked against the workload's own parameters; absent ones get their default"),
}

/** Checks the parameters by the schema of their workload, and adds the defaults. */
export function checkParams(
  request: { workload: WorkloadName; params: ParameterValues },
  context: z.core.$RefinementCtx,
): void {
  const parsed = JOB_PARAMS[jobKindOf(request.workload)].safeParse(request.params)
  if (parsed.success) request.params = parsed.data
  else
    for (const issue of parsed.error.issues) context.issues.push({ ...issue, path: ['params', ...issue.path] } as never)
}

/** Work that was done within the timed window, in the unit of the rate: `images` of `images/s`. */
export const Work = z.object({ amount: z.number().positive().max(1e30), unit: Unit })

/** The result that a workload writes on success. Members that not every workload has are optional. */
const ResultV2 = z.looseObject({
  schema: z.literal('radix.result/v2'),
  status: z.literal('succeeded'),
  workload: z.looseObject({ name: z.string(), version: z.string() }),
  recipe: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()),
  throughput: Rate.extend({ value: Rate.shape.value.positive() }),
  work: Work,
  duration_seconds: z.number().positive().max(10_000_000),
  timed_seconds: z.number().positive().max(10_000_000),
  step_seconds: z.array(z.number().nonnegative().max(10_000_000)).max(1_000_000),
  warmup: z.looseObject({ steps: z.number().int(), seconds: z.number() }),
  loss: z.looseObject({ first: z.number(), last: z.number(), finite: z.literal(true) }).optional(),
  device: z.looseObject({ type: z.string(), name: z.string(), uuid: z.string().nullable().optional() }),
  software: z.looseObject({ python: z.string(), pytorch: z.string() }),
  precision: z.looseObject({}),
})
/** A result of an earlier workload is read as one of today. */
export const WorkloadResult = z.preprocess(upgradeResult, ResultV2)
export type WorkloadResult = z.infer<typeof WorkloadResult>

/**
 * The complete report of an earlier agent: enough for limited evidence, too little for a verdict better than `suspect`.
 */
export const ReportedResult = z.object({
  throughput: Rate.extend({ value: Rate.shape.value.positive() }),
  duration_seconds: z.number().positive(),
  exit_code: z.literal(0),
})
export type ReportedResult = z.infer<typeof ReportedResult>

/** One JSON line of the workload's progress. */
export const WorkloadProgress = z
  .looseObject({
    schema: z.literal('radix.progress/v2'),
    phase: ReportedText(100),
    epoch: z.number().int().nullable(),
    step: z.number().int().nullable(),
    total_steps: z.number().int().nullable(),
    throughput: Rate.nullable().describe('since the last line of the same phase'),
    elapsed_seconds: z.number().min(0).max(10_000_000),
    loss: z.number().nullable(),
  })
  .meta({ id: 'WorkloadProgress' })
export type WorkloadProgress = z.infer<typeof WorkloadProgress>
