/** API keys, and the observations that scoring learns from. */
import { z } from 'zod'
import { API_KEY_ROLES } from '../roles.ts'
import { Timestamp } from './common.ts'

/** Text that a database takes: no control characters, no halves of a surrogate pair. */
const text = z.string().regex(/^[^\p{Cc}\p{Cs}]*$/u, 'no control characters')

const ApiKeyRole = z.enum(API_KEY_ROLES).describe('viewer: reads scores; operator: also records observations')

export const CreateApiKeyBody = z.object({ name: text.trim().min(1).max(100), role: ApiKeyRole.default('operator') })
export const ApiKey = z.object({
  api_key_id: z.string(),
  name: z.string(),
  prefix: z.string().describe('the first characters, to recognise the key'),
  role: ApiKeyRole,
  created_at: Timestamp,
  last_used_at: Timestamp.nullable(),
  revoked_at: Timestamp.nullable(),
})
export type ApiKey = z.infer<typeof ApiKey>
export const CreatedApiKey = ApiKey.extend({ api_key: z.string().describe('shown once') })

const jobType = text.trim().min(1).max(100)
const gpuType = text
  .trim()
  .min(1)
  .max(100)
  .describe('as the driver reports it, or short: "NVIDIA A10G" and "A10G" are the same type')
/** What the runtime depends on, e.g. `{"images": 25600, "batch_size": 128, "recipe": "reference"}`. */
export const Features = z
  .record(text.min(1).max(64), z.union([z.number(), text.max(200), z.boolean()]))
  .refine((features) => Object.keys(features).length <= 32, 'at most 32 features')

export const ObserveBody = z.object({
  job_id: text.min(1).max(100).describe('recording the same job again changes nothing'),
  job_type: jobType,
  gpu_type: gpuType,
  features: Features.default({}),
  actual_runtime: z.number().positive().max(31_536_000).describe('seconds'),
  success: z.boolean(),
  colocated_job_types: z.array(jobType).max(16).default([]),
})
export const ObserveAnswer = z.object({ observation_id: z.string(), created: z.boolean() })

export const ScoreBody = z.object({
  job_type: jobType,
  features: Features.default({}),
  candidate_gpu_types: z.array(gpuType).min(1).max(32),
  colocated_job_types: z.array(jobType).max(16).default([]),
})

/** `null` everywhere where the pair was never seen: no number is invented. Only failures seen: no runtime and no score. */
export const ScoredCandidate = z.object({
  gpu_type: z.string(),
  score: z
    .number()
    .nullable()
    .describe(
      '0 to 1, higher is better: the probability of being the fastest candidate that was seen, times the chance of success',
    ),
  confidence: z
    .number()
    .nullable()
    .describe('0 to 1: one minus the relative half-width of the 90% interval, at least 0'),
  expected_runtime: z.number().nullable().describe('the median, seconds'),
  runtime_interval: z.object({ low: z.number(), high: z.number() }).nullable().describe('90% interval, seconds'),
  success_probability: z.number().nullable(),
  expected_cost_usd: z.number().nullable().describe('null where no price is known'),
  observations: z.number().int().describe('how many of the newest observations the numbers are based on'),
})
export type ScoredCandidate = z.infer<typeof ScoredCandidate>
export const ScoreAnswer = z.object({ candidates: z.array(ScoredCandidate).describe('best first, unseen last') })
