/** For what a page could not recover from: what it was, and what to do. */
import type { ErrorComponentProps } from '@tanstack/react-router'
import { useEffect } from 'react'
import { DASHBOARD_LIMITS } from '../../../src/core/limits/dashboard.ts'
import { isRadixError } from '../../../src/errors/radix-error.ts'
import { answers } from '../parts/chunks.ts'
import { ErrorNote } from '../parts/error-note.tsx'

/** In the place of everything. */
export function ErrorPage(props: ErrorComponentProps) {
  return (
    <main className="alone">
      <PageError {...props} />
    </main>
  )
}

/** In the place of one page: what stands around it stays. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const isAway = isRadixError(error, 'API_UNREACHABLE')
  useReloadOnceBack(isAway)
  return (
    <>
      <header className="heading">
        <h1>This page could not be shown</h1>
      </header>
      <ErrorNote error={error} onRetry={isAway ? () => void reloadIfBack() : reset} />
      {isAway && <p className="dim">The page reloads as soon as the control plane answers.</p>}
    </>
  )
}

/** A reload while the server is away would leave the browser's own error page. */
async function reloadIfBack(): Promise<void> {
  if (await answers()) window.location.reload()
}

function useReloadOnceBack(isAway: boolean): void {
  useEffect(() => {
    if (!isAway) return
    const timer = setInterval(() => void reloadIfBack(), DASHBOARD_LIMITS.serverCheck.value)
    return () => clearInterval(timer)
  }, [isAway])
}
