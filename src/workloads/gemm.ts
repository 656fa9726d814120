/** Multiplies two square matrices again and again: what the arithmetic of a device delivers. */
import { ALLOW_CPU, WARMUP_STEPS } from './common-parameters.ts'
import { defineWorkload } from './workload.ts'

export const gemm = defineWorkload({
  name: 'gemm',
  program: 'multiply.py',
  does: 'multiplies two square matrices again and again',
  work: 'FLOP',
  parameters: {
    size: {
      kind: 'whole',
      minimum: 16,
      maximum: 65_536,
      default: 8192,
      label: 'Size',
      meaning: 'rows and columns of each matrix',
      decidesWhatIsMeasured: true,
    },
    dtype: {
      kind: 'choice',
      choices: {
        fp32: 'single precision, without TF32',
        tf32: 'single precision, multiplied in TF32 (compute capability 8.0 or more)',
        bf16: 'bfloat16 (compute capability 8.0 or more)',
        fp16: 'half precision',
      },
      default: 'fp16',
      label: 'Number format',
      meaning: 'format of the numbers that are multiplied',
      decidesWhatIsMeasured: true,
    },
    steps: {
      kind: 'whole',
      minimum: 1,
      maximum: 1_000_000,
      default: 4000,
      label: 'Steps',
      unit: 'products',
      meaning: 'timed products',
      hint: 'less than 5 s of timed steps is suspect',
      decidesWhatIsMeasured: true,
    },
    warmup_steps: WARMUP_STEPS,
    seed: {
      kind: 'whole',
      minimum: 0,
      maximum: 2_147_483_647,
      default: 0,
      label: 'Seed',
      meaning: 'seed of the matrices',
    },
    allow_cpu: ALLOW_CPU,
  },
  quick: { size: 512, dtype: 'fp32', steps: 40, warmup_steps: 2, allow_cpu: true },
  shown: ['size', 'dtype'],
  lengthenedBy: 'steps',
  describe: ({ size, dtype, steps, warmup_steps, seed }) =>
    `${steps} products of two ${size} × ${size} matrices in ${dtype} after ${warmup_steps} steps of warm-up, seed ${seed}.`,
  features: ({ size, dtype, steps }) => ({ flop: 2 * size ** 3 * steps, size, steps, dtype }),
})
