/**
 * The answer of a probe that looks for one thing (a process, an instance, a parameter, a container). "Could not look" is
 * an answer of its own, so that the compiler makes every caller handle it: it is never "not there".
 */
export type Lookup<T> =
  | { outcome: 'found'; value: T }
  | { outcome: 'absent' }
  /** `reason` is one clause for people, without a full stop. */
  | { outcome: 'unknown'; reason: string; cause?: unknown }

export const ABSENT = { outcome: 'absent' } as const

export function found<T>(value: T): Lookup<T> {
  return { outcome: 'found', value }
}

export function unknown(reason: string, cause?: unknown): Extract<Lookup<never>, { outcome: 'unknown' }> {
  return cause === undefined ? { outcome: 'unknown', reason } : { outcome: 'unknown', reason, cause }
}
