/** Every workload, by the job kind that runs it. */
import { gemm } from './gemm.ts'
import { resnet50 } from './resnet50.ts'
import type { Workload } from './workload.ts'

export const WORKLOADS = { resnet50_benchmark: resnet50, gemm_benchmark: gemm } as const

export type JobKind = keyof typeof WORKLOADS
export type WorkloadName = (typeof WORKLOADS)[JobKind]['name']

export const JOB_KINDS = Object.keys(WORKLOADS) as [JobKind, ...JobKind[]]
export const WORKLOAD_NAMES = Object.values(WORKLOADS).map(({ name }) => name) as [WorkloadName, ...WorkloadName[]]
/** The one that runs where none is chosen. */
export const DEFAULT_WORKLOAD = 'resnet50' satisfies WorkloadName

/** The descriptor, without the types of its own parameters. */
export function workloadOf(jobKind: JobKind): Workload {
  return WORKLOADS[jobKind]
}

export function jobKindOf(name: WorkloadName): JobKind {
  const jobKind = JOB_KINDS.find((kind) => WORKLOADS[kind].name === name)
  if (!jobKind) throw new RangeError(`no workload is named ${name}`)
  return jobKind
}
