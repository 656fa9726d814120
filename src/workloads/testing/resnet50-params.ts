/** The parameters of `resnet50` with their own types, for tests, mocks and benchmarks of this workload. */
import type { z } from 'zod'
import { toParametersSchema } from '../parameters.ts'
import { resnet50 } from '../resnet50.ts'

export const Resnet50Params = toParametersSchema(resnet50.parameters)
export type Resnet50Params = z.infer<typeof Resnet50Params>
