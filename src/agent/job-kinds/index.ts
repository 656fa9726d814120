/** Every job kind that this agent can run. */
import { JOB_KINDS, workloadOf } from '../../workloads/index.ts'
import type { JobKindDefinition } from './job-kind.ts'
import { toJobKind } from './workload-job.ts'

const DEFINITIONS = new Map<string, JobKindDefinition>(JOB_KINDS.map((kind) => [kind, toJobKind(workloadOf(kind))]))

export function findJobKind(name: string): JobKindDefinition | undefined {
  return DEFINITIONS.get(name)
}
