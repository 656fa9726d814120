/** Times: how long ago, ticking; the exact one, in the viewer's zone, where the pointer rests. */

import { useSyncExternalStore } from 'react'
import { INTERVALS } from '../../../src/core/limits/intervals.ts'

const TICK_MS = INTERVALS.relativeTimes.value
const listeners = new Set<() => void>()
let nowMs = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

/** One clock for the whole page, which stands still while nobody looks at it. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    nowMs = Date.now()
    for (const each of listeners) each()
  }, TICK_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Milliseconds, to the second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs)
}

const SHORT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' })

export function formatExactTime(at: string | number): string {
  return EXACT.format(new Date(at))
}

export function TimeAgo({ at, absent = 'never' }: { at: string | null; absent?: string }) {
  const now = useNow()
  if (at === null) return <span className="dim">{absent}</span>
  return (
    <time dateTime={at} title={formatExactTime(at)}>
      {describeAge(now - Date.parse(at))}
    </time>
  )
}

/** In the viewer's zone; how long ago where the pointer rests. */
export function ExactTime({ at }: { at: string }) {
  const now = useNow()
  return (
    <time dateTime={at} title={describeAge(now - Date.parse(at))}>
      {SHORT.format(new Date(at))}
    </time>
  )
}

export function describeAge(ms: number): string {
  return `${describeSpan(ms)} ago`
}

/** In the largest unit that fits. */
export function describeSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h`
  return `${Math.floor(hours / 24)} days`
}
