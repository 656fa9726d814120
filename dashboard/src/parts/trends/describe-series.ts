/** A series in words. */
import type { TrendSeries } from '../../../../src/contract/schemas/comparison.ts'

export function nameMachine({ instance_type, device_name }: TrendSeries): string {
  return instance_type ?? device_name
}

/** Batch size and image size first: they are what differs most. */
export function describeConditions({ workload, parameters }: TrendSeries): string {
  const { batch_size: batchSize, image_size: imageSize, epochs, steps_per_epoch: steps } = parameters
  return [
    `batch ${batchSize}`,
    `${imageSize} px`,
    `${epochs} epoch${epochs === 1 ? '' : 's'} of ${steps} steps`,
    `${workload.name} ${workload.version}`,
  ].join(', ')
}
