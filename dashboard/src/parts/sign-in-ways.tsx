/** How somebody can sign in here: at an issuer, each by its own button, or by a link that is printed elsewhere. */
import { useQuery } from '@tanstack/react-query'
import { signInWaysQuery } from '../api/queries.ts'
import { Command } from './command.tsx'
import { ErrorNote } from './error-note.tsx'
import { LoadingPage } from './loading-page.tsx'

export function SignInWays({ next }: { next: string | undefined }) {
  const { data: ways, error, refetch } = useQuery(signInWaysQuery)
  if (error && !ways) return <ErrorNote error={error} onRetry={() => void refetch()} />
  if (!ways) return <LoadingPage />
  return (
    <>
      {ways.providers.length > 0 && (
        <ul className="ways">
          {ways.providers.map(({ id, name }) => (
            <li key={id}>
              {/* The server sends the browser on from there: no page of this one. */}
              <a className="button main" href={beginAddress(id, next)}>
                Sign in with {name}
              </a>
            </li>
          ))}
        </ul>
      )}
      {ways.links && (
        <>
          <p>
            {ways.providers.length > 0 ? 'Or print' : 'Print'} a sign-in link on the machine that runs the control
            plane, and open it here. The link works once and expires after 15 minutes:
          </p>
          <Command label="Command that prints a link" text="radix auth link" />
        </>
      )}
    </>
  )
}

function beginAddress(id: string, next: string | undefined): string {
  const search = next === undefined ? '' : `?${new URLSearchParams({ next })}`
  return `/v1/sign-in/${encodeURIComponent(id)}${search}`
}
