/**
 * Since when this server has been ready: since its start, or since this host woke. An agent could not report before that, so
 * its silence until then proves nothing.
 */
import type { Clock } from '../../core/clock.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'

export interface Readiness {
  /** To be called for each sweep, before it. */
  since(): Promise<Date>
  /** To be called after each sweep. */
  swept(): void
}

/**
 * `intervalMs`: between two sweeps. `readTime`: the time of the database, by which leases and heartbeats are judged. A host that
 * slept is noticed by its clock, which went on: the next sweep is late.
 */
export function createReadiness(
  intervalMs: number,
  clock: Pick<Clock, 'now'>,
  readTime: () => Promise<Date>,
): Readiness {
  let readySince: Date | undefined
  let sweptMs: number | undefined
  return {
    async since() {
      const pauseMs = sweptMs === undefined ? 0 : clock.now().getTime() - sweptMs
      const hasSlept = pauseMs > intervalMs + CONTROL_PLANE_LIMITS.lateSweep.value
      if (!readySince || hasSlept) readySince = await readTime()
      return readySince
    },
    swept() {
      sweptMs = clock.now().getTime()
    },
  }
}
