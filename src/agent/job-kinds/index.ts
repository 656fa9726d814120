/** Every job kind that this agent can run. */
import type { JobKind } from '../../contract/schemas/workload.ts'
import { WORKLOADS } from '../../workloads/index.ts'
import type { JobKindDefinition } from './job-kind.ts'
import { toJobKind } from './workload-job.ts'

const JOB_KIND_DEFINITIONS: Record<JobKind, JobKindDefinition> = {
  resnet50_benchmark: toJobKind(WORKLOADS.resnet50_benchmark),
}

export function findJobKind(name: string): JobKindDefinition | undefined {
  return Object.entries(JOB_KIND_DEFINITIONS).find(([kind]) => kind === name)?.[1]
}
