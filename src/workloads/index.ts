/** Every workload, by the job kind that runs it. */
import { resnet50 } from './resnet50.ts'

export const WORKLOADS = { resnet50_benchmark: resnet50 } as const
