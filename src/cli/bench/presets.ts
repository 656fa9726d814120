/** Named sets of parameters. */

/** `--quick`: proves the whole flow in about a minute on two CPU cores; its number says nothing of any GPU. */
export const QUICK_PARAMS = {
  epochs: 1,
  batchSize: 8,
  stepsPerEpoch: 12,
  imageSize: 64,
  warmupSteps: 2,
  allowCpu: true,
} as const
