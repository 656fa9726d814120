/** A series in words. */
import type { TrendSeries } from '../../../../src/contract/schemas/comparison.ts'
import { withUnit } from '../facts.tsx'

export function nameMachine({ instance_type, device_name }: TrendSeries): string {
  return instance_type ?? device_name
}

export function describeConditions({ workload, parameters, precision }: TrendSeries): string {
  return [
    ...Object.entries(parameters).map(
      ([name, value]) => `${name.replaceAll('_', ' ')} ${withUnit(name, String(value))}`,
    ),
    `${workload.name} ${workload.version}`,
    ...describePrecision(precision),
  ].join(', ')
}

/** What the workload said of it, where it is a word: `fp32`, `bf16 autocast`. */
function describePrecision(precision: TrendSeries['precision']): string[] {
  return Object.entries(precision).flatMap(([name, value]) => {
    if (typeof value === 'string') return [value.replaceAll('_', ' ')]
    return value === true ? [name.replaceAll('_', ' ')] : []
  })
}
