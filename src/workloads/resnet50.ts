/** Trains ResNet-50 on synthetic images. The defaults are those of the specification. */
import { ALLOW_CPU, WARMUP_STEPS } from './common-parameters.ts'
import { defineWorkload } from './workload.ts'

export const resnet50 = defineWorkload({
  name: 'resnet50',
  program: 'train.py',
  does: 'trains ResNet-50 on synthetic images',
  work: 'images',
  parameters: {
    epochs: {
      kind: 'whole',
      minimum: 1,
      maximum: 1000,
      default: 1,
      label: 'Epochs',
      meaning: 'epochs to train',
      decidesWhatIsMeasured: true,
    },
    batch_size: {
      kind: 'whole',
      minimum: 1,
      maximum: 65_536,
      default: 128,
      label: 'Batch size',
      unit: 'images',
      meaning: 'images per step',
      decidesWhatIsMeasured: true,
    },
    steps_per_epoch: {
      kind: 'whole',
      minimum: 1,
      maximum: 1_000_000,
      default: 200,
      label: 'Steps per epoch',
      unit: 'steps',
      meaning: 'timed steps per epoch',
      hint: 'less than 5 s of timed steps is suspect: use 500 on a fast GPU',
      decidesWhatIsMeasured: true,
    },
    image_size: {
      kind: 'whole',
      minimum: 32,
      maximum: 1024,
      default: 224,
      label: 'Image size',
      unit: 'px',
      meaning: 'height and width of an image in pixels',
      decidesWhatIsMeasured: true,
    },
    warmup_steps: WARMUP_STEPS,
    recipe: {
      kind: 'choice',
      choices: {
        reference: 'fp32, comparable everywhere',
        tuned: 'the fastest with the same mathematics',
      },
      default: 'reference',
      label: 'Recipe',
      meaning: 'how a step is computed',
      decidesWhatIsMeasured: true,
    },
    seed: {
      kind: 'whole',
      minimum: 0,
      maximum: 2_147_483_647,
      default: 0,
      label: 'Seed',
      meaning: 'seed of the weights and the images',
    },
    allow_cpu: ALLOW_CPU,
  },
  quick: { epochs: 1, batch_size: 8, steps_per_epoch: 20, image_size: 64, warmup_steps: 2, allow_cpu: true },
  shown: ['epochs', 'batch_size'],
  lengthenedBy: 'steps_per_epoch',
  describe: ({ epochs, steps_per_epoch, batch_size, image_size, warmup_steps, recipe, seed }) =>
    `${epochs} × ${steps_per_epoch} steps of ${batch_size} images of ${image_size} pixels after ` +
    `${warmup_steps} steps of warm-up, recipe ${recipe}, seed ${seed}.`,
  features: ({ epochs, steps_per_epoch, batch_size, image_size, recipe }) => {
    const steps = epochs * steps_per_epoch
    return { images: steps * batch_size, steps, batch_size, image_size, recipe }
  },
})
