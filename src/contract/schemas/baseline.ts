/**
 * The measurement of a run with its conditions, and the baseline made from it (`radix.baseline/v2`): a file, or stored
 * under a name in the control plane.
 */
import { z } from 'zod'
import { API_LIMITS } from '../../core/limits/api.ts'
import { Timestamp, Unit } from './common.ts'

export const BASELINE_SCHEMA = 'radix.baseline/v2'
const Text = z.string().max(1000)

export const Measurement = z.object({
  run_id: z.string().min(1).max(64),
  measured_at: Timestamp,
  job_kind: Text,
  workload: z.object({ name: Text, version: Text }),
  recipe: Text.nullable().describe('null where the workload has none'),
  precision: z.record(z.string(), z.unknown()).describe('as the workload reported it'),
  parameters: z.record(z.string(), z.union([z.number(), Text])).describe('parameters that change what is measured'),
  device: z.object({ type: Text, name: Text }),
  instance_type: Text.nullable(),
  surroundings: z.record(z.string(), Text).describe('what may differ between two runs and explain a change'),
  unit: Unit.describe('of the throughputs'),
  throughputs: z.array(z.number().positive()).min(1).max(API_LIMITS.trials.value).describe('one for each trial'),
})
export type Measurement = z.infer<typeof Measurement>

/** Only a usable number can be a baseline. */
export const Baseline = Measurement.extend({
  schema: z.literal(BASELINE_SCHEMA),
  verdict: z.literal('valid'),
  device: z.object({
    type: Text.refine((type) => type !== 'cpu', 'a CPU result is never a baseline'),
    name: Text,
  }),
}).meta({ id: 'Baseline' })
export type Baseline = z.infer<typeof Baseline>

export const BaselineName = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,62}$/, 'at most 63 letters, digits, dots, dashes and underscores')

export const StoredBaseline = Baseline.extend({
  name: z.string(),
  created_at: Timestamp,
  set_at: Timestamp.describe('when it was last replaced'),
}).meta({ id: 'StoredBaseline' })
export type StoredBaseline = z.infer<typeof StoredBaseline>

export function toBaseline(measurement: Measurement): Baseline {
  return { ...measurement, schema: BASELINE_SCHEMA, verdict: 'valid' }
}
