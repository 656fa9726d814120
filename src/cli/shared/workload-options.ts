/** The options that set what a ResNet-50 job trains. What is not given is the contract's to default. */
import { type Command, Option } from 'commander'
import type { z } from 'zod'
import { RECIPES, Resnet50Params } from '../../contract/schemas/workload.ts'
import { numberOf, pickGiven } from './options.ts'

export interface WorkloadOptions {
  epochs?: number
  batchSize?: number
  stepsPerEpoch?: number
  imageSize?: number
  warmupSteps?: number
  recipe?: (typeof RECIPES)[number]
  seed?: number
  allowCpu?: boolean
}

export function addWorkloadOptions(command: Command): Command {
  const { epochs, batch_size, steps_per_epoch, image_size, warmup_steps, seed } = Resnet50Params.shape
  return command
    .option('--epochs <number>', 'training epochs (1)', numberOf(epochs))
    .option('--batch-size <number>', 'images per step (128)', numberOf(batch_size))
    .option('--steps-per-epoch <number>', 'steps per epoch (200)', numberOf(steps_per_epoch))
    .option('--image-size <number>', 'pixels, both sides (224)', numberOf(image_size))
    .option('--warmup-steps <number>', 'steps before the timed ones (10)', numberOf(warmup_steps))
    .addOption(new Option('--recipe <recipe>', 'how it trains (reference)').choices(RECIPES))
    .option('--seed <number>', 'of data and weights (0)', numberOf(seed))
    .option('--allow-cpu', 'run without a GPU; such numbers only prove the flow')
}

export function toWorkloadParams(options: WorkloadOptions): z.input<typeof Resnet50Params> {
  return pickGiven({
    epochs: options.epochs,
    batch_size: options.batchSize,
    steps_per_epoch: options.stepsPerEpoch,
    image_size: options.imageSize,
    warmup_steps: options.warmupSteps,
    recipe: options.recipe,
    seed: options.seed,
    allow_cpu: options.allowCpu,
  })
}
