import type { LimitTable } from './limit.ts'

export const HARNESS_LIMITS = {} as const satisfies LimitTable
