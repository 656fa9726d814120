import type { LimitTable } from './limit.ts'

export const AGENT_LIMITS = {} as const satisfies LimitTable
