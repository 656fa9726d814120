/**
 * Says, calmly and in time, that the session will end, and how it goes on: in another tab, so that what is on this page
 * stays. That it has ended, the server says; see main.tsx.
 */

import { useQuery } from '@tanstack/react-query'
import { useLocation } from '@tanstack/react-router'
import { DASHBOARD_LIMITS } from '../../../src/core/limits/dashboard.ts'
import { INTERVALS } from '../../../src/core/limits/intervals.ts'
import { sessionQuery } from '../api/queries.ts'
import { useNow } from './time.tsx'

const SAY_BEFORE_MS = DASHBOARD_LIMITS.sessionEnd.value
/** Another tab may have made it longer; and whether it is over is for the server to say. */
const LOOK_AGAIN_MS = INTERVALS.sessionEnd.value
const MINUTE_MS = 60_000

export function SessionEnd() {
  const now = useNow()
  const { href } = useLocation()
  const { data } = useQuery({
    ...sessionQuery,
    refetchInterval: ({ state }) => (isEnding(state.data?.expires_at, Date.now()) ? LOOK_AGAIN_MS : false),
  })
  const endsAt = data?.expires_at
  return (
    <div role="status">
      {isEnding(endsAt, now) && (
        <p className="notice">
          You will be signed out {describeWhen(Date.parse(endsAt) - now)}.{' '}
          <a href={`/sign-in?${new URLSearchParams({ again: 'true', next: href })}`} target="_blank" rel="noreferrer">
            Sign in again
          </a>{' '}
          in another tab. This page stays open.
        </p>
      )}
    </div>
  )
}

function isEnding(endsAt: string | null | undefined, nowMs: number): endsAt is string {
  return endsAt != null && Date.parse(endsAt) - nowMs < SAY_BEFORE_MS
}

function describeWhen(leftMs: number): string {
  const minutes = Math.round(leftMs / MINUTE_MS)
  if (minutes < 1) return 'in less than a minute'
  return minutes === 1 ? 'in a minute' : `in ${minutes} minutes`
}
