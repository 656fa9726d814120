/** Waits for conditions that can only be polled, and distinguishes an outage from a refusal. */

import type { Clock } from '../core/clock.ts'
import { INTERVALS } from '../core/limits/intervals.ts'
import { isRadixError } from '../errors/radix-error.ts'
import { isControlPlaneLost } from './control-plane-lost.ts'
import type { StepContext } from './step.ts'

export interface PollOptions {
  clock: Clock
  signal: AbortSignal
  /** True for an error that waiting may resolve. */
  tolerate?: (error: unknown) => boolean
}

const SHORTEST_WAIT_MS = INTERVALS.shortestWait.value
const LONGEST_WAIT_MS = INTERVALS.longestWait.value

/**
 * Asks until the answer is not `undefined`. Waits a tenth of the time that has passed so far (10 ms to 2 s), so that the
 * answer is found at most that much late. Rejects with the signal's reason when it aborts.
 */
export async function pollUntil<T>(probe: () => Promise<T | undefined>, options: PollOptions): Promise<T> {
  const { clock, signal, tolerate = () => false } = options
  const startedMs = clock.monotonicMs()
  for (;;) {
    signal.throwIfAborted()
    try {
      const answer = await probe()
      if (answer !== undefined) return answer
    } catch (error) {
      if (signal.aborted || !tolerate(error)) throw error
    }
    const elapsedMs = clock.monotonicMs() - startedMs
    await clock.sleep(Math.min(Math.max(elapsedMs / 10, SHORTEST_WAIT_MS), LONGEST_WAIT_MS), signal)
  }
}

/** So soon after the launch, a machine may exist that the provider does not list yet. */
export function isSettling({
  facts,
  state,
  provider,
  clock,
}: Pick<StepContext, 'facts' | 'state' | 'provider' | 'clock'>): boolean {
  // Without a journal the time of the launch is unknown: it may have been a moment ago.
  const launchAskedAt = facts.launchAskedAt ?? (state.adopted ? state.startedAt : undefined)
  return launchAskedAt !== undefined && clock.now().getTime() - Date.parse(launchAskedAt) < provider.settleMs
}

/** The control plane could not be reached or could not serve: asking again may help. */
export function isOutage(error: unknown): boolean {
  if (!isRadixError(error) || isControlPlaneLost(error)) return false
  if (error.code === 'API_UNREACHABLE' || error.code === 'UNAVAILABLE' || error.code === 'RATE_LIMITED') return true
  return Number(error.details.http_status) >= 500
}

/** The control plane answered, and a repeated request would get the same answer. */
export function isRefusal(error: unknown): boolean {
  if (!isRadixError(error) || isOutage(error)) return false
  const status = Number(error.details.http_status)
  return status >= 400 && status < 500
}

/** The object does not exist, which is what an undo wants. */
export function isGone(error: unknown): boolean {
  return isRadixError(error, 'NOT_FOUND') || isRadixError(error, 'CLUSTER_ARCHIVED')
}
