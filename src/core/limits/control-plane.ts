import type { LimitTable } from './limit.ts'

export const CONTROL_PLANE_LIMITS = {} as const satisfies LimitTable
