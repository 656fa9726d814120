/**
 * The last line of defence behind every other clean-up: it finds by tags what outlived its run, and removes it. It
 * never touches anything without Radix's tags, anything young, or anything that may still be live, and never more at
 * once than its budget.
 */
import type { Clock } from '../core/clock.ts'
import { PROVIDER_LIMITS } from '../core/limits/providers.ts'
import { within } from '../core/within.ts'
import { RadixError } from '../errors/radix-error.ts'
import { renderErrorObject } from '../errors/render.ts'
import type { ErrorCode } from '../errors/table.ts'
import type { Leftover, Sweeper } from '../providers/leftover.ts'

export interface ReapPolicy {
  dryRun: boolean
  /** Anything younger is kept. */
  minimumAgeMs: number
  /** How long after its deadline a resource is kept: its own clean-up comes first. */
  graceMs: number
  /** A resource without a deadline is removed at this age. */
  maximumAgeMs: number
  /** More than this in one sweep points to a mistake, not to leftovers. Then nothing is removed. */
  budget: number
}

export const DEFAULT_REAP_POLICY: ReapPolicy = {
  dryRun: true,
  minimumAgeMs: 10 * 60_000,
  graceMs: 15 * 60_000,
  maximumAgeMs: 24 * 3_600_000,
  budget: 10,
}

export type Decision = 'keep: young' | 'keep: live' | 'reap: deadline passed' | 'reap: too old'

export interface ReapedThing {
  leftover: Leftover
  decision: Decision
  outcome: 'kept' | 'would be removed' | 'removed' | 'failed' | 'over budget'
  error: string | null
}

export interface ReapReport {
  at: string
  dryRun: boolean
  things: ReapedThing[]
  /** Places that could not be checked. */
  unseen: { name: string; code: ErrorCode; error: string }[]
  /** True if every place was checked, and everything due was removed or its removal was requested. */
  success: boolean
}

/** Pure. */
export function decide({ createdAt, deadlineAt }: Leftover, policy: ReapPolicy, now: Date): Decision {
  const ageMs = createdAt === null ? Number.POSITIVE_INFINITY : now.getTime() - createdAt.getTime()
  if (ageMs < policy.minimumAgeMs) return 'keep: young'
  if (deadlineAt !== null) {
    return now.getTime() > deadlineAt.getTime() + policy.graceMs ? 'reap: deadline passed' : 'keep: live'
  }
  return ageMs > policy.maximumAgeMs ? 'reap: too old' : 'keep: live'
}

/** One sweep over all places. Does not throw: errors are in the report. */
export async function reap(sweepers: readonly Sweeper[], policy: ReapPolicy, clock: Clock): Promise<ReapReport> {
  const now = clock.now()
  const unseen: ReapReport['unseen'] = []
  const found: { sweeper: Sweeper; leftover: Leftover; decision: Decision }[] = []
  await Promise.all(
    sweepers.map(async (sweeper) => {
      try {
        const leftovers = await within(PROVIDER_LIMITS.sweep.value, sweeper.list(), () =>
          tooLate(PROVIDER_LIMITS.sweep.value),
        )
        for (const leftover of leftovers) found.push({ sweeper, leftover, decision: decide(leftover, policy, now) })
      } catch (error) {
        const { code, why } = renderErrorObject(error)
        unseen.push({ name: sweeper.name, code, error: why })
      }
    }),
  )
  const dueCount = found.filter(({ decision }) => decision.startsWith('reap')).length
  // All at once, so one that hangs does not delay the others. The budget limits their number.
  const things = await Promise.all(
    found.map(async ({ sweeper, leftover, decision }): Promise<ReapedThing> => {
      const thing = { leftover, decision, error: null }
      if (!decision.startsWith('reap')) return { ...thing, outcome: 'kept' }
      if (dueCount > policy.budget) return { ...thing, outcome: 'over budget' }
      return policy.dryRun ? { ...thing, outcome: 'would be removed' } : remove(sweeper, thing)
    }),
  )
  const failed = things.some(({ outcome }) => outcome === 'failed' || outcome === 'over budget')
  return { at: now.toISOString(), dryRun: policy.dryRun, things, unseen, success: unseen.length === 0 && !failed }
}

async function remove(sweeper: Sweeper, thing: Omit<ReapedThing, 'outcome'>): Promise<ReapedThing> {
  try {
    const { value } = PROVIDER_LIMITS.removal
    await within(value, sweeper.remove(thing.leftover), () => tooLate(value))
    return { ...thing, outcome: 'removed' }
  } catch (error) {
    return { ...thing, outcome: 'failed', error: renderErrorObject(error).why }
  }
}

function tooLate(timeoutMs: number): RadixError {
  return new RadixError('AWS_CALL_FAILED', { message: `there was no answer within ${timeoutMs / 1000} s` })
}
