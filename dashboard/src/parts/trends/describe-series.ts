/** A series in words. */
import type { TrendSeries } from '../../../../src/contract/schemas/comparison.ts'

export function nameMachine({ instance_type, device_name }: TrendSeries): string {
  return instance_type ?? device_name
}

/** Batch size and image size first: they are what differs most. */
export function describeConditions({ workload, parameters, precision }: TrendSeries): string {
  const { batch_size: batchSize, image_size: imageSize, epochs, steps_per_epoch: steps } = parameters
  return [
    `batch ${batchSize}`,
    `${imageSize} px`,
    `${epochs} epoch${epochs === 1 ? '' : 's'} of ${steps} steps`,
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
