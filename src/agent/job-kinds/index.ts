/** Every job kind that this agent can run. */
import type { JobKind } from '../../contract/schemas/workload.ts'
import type { JobKindDefinition } from './job-kind.ts'
import { resnet50 } from './resnet50.ts'

export const JOB_KIND_DEFINITIONS: Record<JobKind, JobKindDefinition> = { resnet50_benchmark: resnet50 }

export function findJobKind(name: string): JobKindDefinition | undefined {
  return Object.entries(JOB_KIND_DEFINITIONS).find(([kind]) => kind === name)?.[1]
}
