/** In the place of a page whose thing could not be read: which, why, and where to go on. */
import { Link } from '@tanstack/react-router'
import { ErrorNote } from './error-note.tsx'

interface FailedPageProps {
  thing: 'cluster' | 'job' | 'run'
  error: unknown
  onRetry: () => void
}

export function FailedPage({ thing, error, onRetry }: FailedPageProps) {
  return (
    <>
      <p className="trail">{thing === 'run' ? <Link to="/runs">Runs</Link> : <Link to="/clusters">Clusters</Link>}</p>
      <header className="heading">
        <h1>This {thing} cannot be shown</h1>
      </header>
      <ErrorNote error={error} onRetry={onRetry} />
    </>
  )
}
