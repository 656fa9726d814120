/** What each job kind takes and what its workload answers (`radix.result/v1`). */
import { z } from 'zod'
import { ReportedText } from './common.ts'

export const JOB_KINDS = ['resnet50_benchmark'] as const
export const JobKind = z.enum(JOB_KINDS)
export type JobKind = z.infer<typeof JobKind>

export const RECIPES = ['reference', 'tuned'] as const

/** Parameters of `resnet50_benchmark`; the defaults are those of the specification. */
export const Resnet50Params = z.strictObject({
  epochs: z.number().int().min(1).max(1000).default(1),
  batch_size: z.number().int().min(1).max(65_536).default(128),
  steps_per_epoch: z.number().int().min(1).max(1_000_000).default(200),
  image_size: z.number().int().min(32).max(1024).default(224).describe('pixels, both sides'),
  warmup_steps: z.number().int().min(0).max(10_000).default(10),
  recipe: z.enum(RECIPES).default('reference'),
  seed: z.number().int().min(0).max(2_147_483_647).default(0),
  allow_cpu: z.boolean().default(false).describe('run without a GPU; such numbers only prove the flow'),
})
export type Resnet50Params = z.infer<typeof Resnet50Params>

/** Proves the whole flow within seconds on two CPU cores (`--quick`); its number says nothing of any GPU. */
export const QUICK_PARAMS = {
  epochs: 1,
  batch_size: 8,
  steps_per_epoch: 20,
  image_size: 64,
  warmup_steps: 2,
  allow_cpu: true,
} as const satisfies z.input<typeof Resnet50Params>

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

/** All that an earlier agent reports of a job: enough for limited evidence, too little for a verdict better than `suspect`. */
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
