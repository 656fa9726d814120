import type { LimitTable } from './limit.ts'

export const CLI_LIMITS = {} as const satisfies LimitTable
