/** The phases of a run as a text table with bars on one time axis. Pure. */
import type { Evidence } from '../contract/schemas/evidence.ts'
import { formatSeconds } from '../core/format.ts'

type Phase = Evidence['phases'][number]

const BAR_WIDTH = 40

export function renderWaterfall(phases: readonly Phase[]): string {
  const endSeconds = Math.max(
    0,
    ...phases.map(({ offset_seconds, duration_seconds }) => (offset_seconds ?? 0) + (duration_seconds ?? 0)),
  )
  const nameWidth = Math.max(4, ...phases.map(({ name }) => name.length))
  const statusWidth = Math.max(6, ...phases.map(({ status }) => status.length))
  const line = (name: string, status: string, start: string, duration: string, bar: string) =>
    `${name.padEnd(nameWidth)}  ${status.padEnd(statusWidth)}  ${start.padStart(11)}  ${duration.padStart(11)}  ${bar}`.trimEnd()
  return [
    line('step', 'status', 'start', 'took', ''),
    ...phases.map((phase) =>
      line(
        phase.name,
        phase.status,
        seconds(phase.offset_seconds),
        seconds(phase.duration_seconds),
        renderBar(phase, endSeconds),
      ),
    ),
  ].join('\n')
}

/** At least one mark for every phase that took place, however short. */
function renderBar({ offset_seconds: offset, duration_seconds: duration }: Phase, endSeconds: number): string {
  if (offset === null || duration === null || endSeconds <= 0) return ''
  const start = Math.min(BAR_WIDTH - 1, Math.max(0, Math.floor((offset / endSeconds) * BAR_WIDTH)))
  const length = Math.max(1, Math.min(BAR_WIDTH - start, Math.round((duration / endSeconds) * BAR_WIDTH)))
  return ' '.repeat(start) + '█'.repeat(length)
}

function seconds(value: number | null): string {
  return value === null ? '-' : formatSeconds(value)
}
