/** Named sets of parameters. */
import type { z } from 'zod'
import type { Resnet50Params } from '../../contract/schemas/workload.ts'

/** `--quick`: proves the whole flow within seconds on two CPU cores; its number says nothing of any GPU. */
export const QUICK_PARAMS = {
  epochs: 1,
  batch_size: 8,
  steps_per_epoch: 20,
  image_size: 64,
  warmup_steps: 2,
  allow_cpu: true,
} as const satisfies z.input<typeof Resnet50Params>
