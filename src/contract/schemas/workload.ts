/** The parameters of each job kind, and the result of its workload (`radix.result/v1`). */
import { z } from 'zod'
import { WORKLOADS } from '../../workloads/index.ts'
import { toParametersSchema } from '../../workloads/parameters.ts'
import { resnet50 } from '../../workloads/resnet50.ts'
import { ReportedText } from './common.ts'

export const JOB_KINDS = Object.keys(WORKLOADS) as [JobKind, ...JobKind[]]
export const JobKind = z.enum(Object.keys(WORKLOADS) as [keyof typeof WORKLOADS])
export type JobKind = keyof typeof WORKLOADS

export const RECIPES = Object.keys(resnet50.parameters.recipe.choices) as [Recipe, ...Recipe[]]
type Recipe = keyof typeof resnet50.parameters.recipe.choices

export const Resnet50Params = toParametersSchema(resnet50.parameters)
export type Resnet50Params = z.infer<typeof Resnet50Params>

/** Params of each job kind: the one map from kind to schema. */
export const JOB_PARAMS = { resnet50_benchmark: Resnet50Params } as const satisfies Record<JobKind, z.ZodType>

/** The result of a training workload, as `workloads/resnet50/train.py` writes it on success. */
export const WorkloadResult = z.looseObject({
  schema: z.literal('radix.result/v1'),
  status: z.literal('succeeded'),
  workload: z.looseObject({ name: z.string(), version: z.string() }),
  recipe: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  throughput_images_per_sec: z.number().positive().max(1_000_000_000),
  duration_seconds: z.number().positive().max(10_000_000),
  timed_seconds: z.number().positive().max(10_000_000),
  timed_images: z.number().int().positive(),
  step_seconds: z.array(z.number().nonnegative().max(10_000_000)).max(1_000_000),
  warmup: z.looseObject({ steps: z.number().int(), seconds: z.number() }),
  loss: z.looseObject({ first: z.number(), last: z.number(), finite: z.literal(true) }),
  device: z.looseObject({ type: z.string(), name: z.string(), uuid: z.string().nullable().optional() }),
  software: z.looseObject({ python: z.string(), pytorch: z.string() }),
  precision: z.looseObject({}),
})
export type WorkloadResult = z.infer<typeof WorkloadResult>

/**
 * The complete report of an earlier agent: enough for limited evidence, too little for a verdict better than `suspect`.
 */
export const ReportedResult = z.object({
  throughput_images_per_sec: z.number().positive(),
  duration_seconds: z.number().positive(),
  exit_code: z.literal(0),
})
export type ReportedResult = z.infer<typeof ReportedResult>

/** One JSON line of the workload's progress. */
export const WorkloadProgress = z
  .looseObject({
    schema: z.literal('radix.progress/v1'),
    phase: ReportedText(100),
    epoch: z.number().int().nullable(),
    step: z.number().int().nullable(),
    total_steps: z.number().int().nullable(),
    images_per_second: z.number().min(0).max(1_000_000_000).nullable(),
    elapsed_seconds: z.number().min(0).max(10_000_000),
    loss: z.number().nullable(),
  })
  .meta({ id: 'WorkloadProgress' })
export type WorkloadProgress = z.infer<typeof WorkloadProgress>
