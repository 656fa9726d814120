import type { LimitTable } from './limit.ts'

export const EC2_LIMITS = {} as const satisfies LimitTable
