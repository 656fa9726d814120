/** Delays between tries: exponential with full jitter, so that many clients do not come back at the same instant. */

export interface BackoffOptions {
  initialMs: number
  maximumMs: number
  /** Growth per try. */
  factor?: number
  /** A number in [0, 1): `Math.random` by default. */
  random?: () => number
}

/** Milliseconds to wait before try `attempt` (0 for the first retry). Never below a tenth of the unjittered delay. */
export function backoffDelayMs(attempt: number, options: BackoffOptions): number {
  const { initialMs, maximumMs, factor = 2, random = Math.random } = options
  const ceilingMs = Math.min(maximumMs, initialMs * factor ** attempt)
  return ceilingMs * (0.1 + 0.9 * random())
}
