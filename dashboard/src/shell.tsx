/** What stands around every page: the name, where to go, and who is signed in. */
import { useMutation, useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { client } from './api/client.ts'
import { machinesQuery, reapersQuery, sessionQuery } from './api/queries.ts'
import { LiveMark } from './parts/live-mark.tsx'
import { findAlive, isOverdue } from './parts/machines/alive.ts'
import { useRefusal } from './parts/refusal.ts'
import { SessionEnd } from './parts/session-end.tsx'
import { StaleNote } from './parts/stale-note.tsx'
import { useNow } from './parts/time.tsx'

const PLACES = [
  { to: '/clusters', label: 'Clusters' },
  { to: '/runs', label: 'Runs' },
  { to: '/trends', label: 'Trends' },
  { to: '/machines', label: 'Machines' },
  { to: '/api-keys', label: 'API keys' },
] as const

export function Shell() {
  const page = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  const shown = useRef(pathname)
  useEffect(() => {
    if (shown.current === pathname) return
    shown.current = pathname
    // Whoever goes by keyboard, or listens, begins at the new page.
    page.current?.focus({ preventScroll: true })
  }, [pathname])
  return (
    <>
      <a className="skip" href="#page">
        Skip to content
      </a>
      <header className="top">
        <Link to="/clusters" className="brand">
          <img src="/icon.svg" alt="" width="24" height="24" />
          Radix
        </Link>
        <nav aria-label="Pages">
          {PLACES.map(({ to, label }) => (
            <Link key={to} to={to} activeProps={{ 'aria-current': 'page' }}>
              {label}
              {to === '/machines' && <OverdueCount />}
            </Link>
          ))}
          <TeamLink />
        </nav>
        <Account />
      </header>
      <main id="page" ref={page} tabIndex={-1}>
        <Outlet />
      </main>
      <div className="notices">
        <SessionEnd />
        <StaleNote />
      </div>
    </>
  )
}

/** Members, their roles, and what they did: for those who may change it. */
function TeamLink() {
  if (useRefusal('setMemberRole') !== undefined) return null
  return (
    <Link to="/team" activeProps={{ 'aria-current': 'page' }}>
      Team
    </Link>
  )
}

/** Money may be burning: seen from every page. */
function OverdueCount() {
  const { data: machines } = useQuery(machinesQuery)
  const { data: reapers } = useQuery(reapersQuery)
  const now = useNow()
  const alive = findAlive(machines?.items ?? [], reapers?.items ?? [])
  const count = alive.filter((machine) => isOverdue(machine, now)).length
  if (count === 0) return null
  return (
    <span className="count">
      {count}
      <span className="unseen"> past the deadline</span>
    </span>
  )
}

function Account() {
  const { data: session } = useSuspenseQuery(sessionQuery)
  const signOut = useMutation({
    mutationFn: () => client.call('endSession', {}),
    // A new page: nothing that this one has read or remembers is left.
    onSuccess: () => window.location.assign('/sign-in'),
  })
  return (
    <div className="account">
      <LiveMark />
      <span title={`Tenant ${session.tenant_id}, role ${session.role}`}>{session.subject}</span>
      <button type="button" className="quiet" disabled={signOut.isPending} onClick={() => signOut.mutate()}>
        Sign out
      </button>
    </div>
  )
}
