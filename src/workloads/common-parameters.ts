/** Parameters that mean the same in every workload that has them. */

export const WARMUP_STEPS = {
  kind: 'whole',
  minimum: 0,
  maximum: 10_000,
  default: 10,
  label: 'Warm-up',
  unit: 'steps',
  meaning: 'steps before the timed ones',
  decidesWhatIsMeasured: true,
} as const

export const ALLOW_CPU = {
  kind: 'flag',
  label: 'Run on the CPU',
  meaning: 'run without a GPU; such numbers only prove the flow',
} as const
