/** For what a page could not recover from: what it was, and what to do. */
import type { ErrorComponentProps } from '@tanstack/react-router'
import { ErrorNote } from '../parts/error-note.tsx'

export function ErrorPage({ error, reset }: ErrorComponentProps) {
  return (
    <main className="alone">
      <h1>This page could not be shown</h1>
      <ErrorNote error={error} onRetry={reset} />
    </main>
  )
}
