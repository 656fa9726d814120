import type { LimitTable } from './limit.ts'

export const WORKLOAD_LIMITS = {} as const satisfies LimitTable
