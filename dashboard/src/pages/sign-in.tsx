/** Signing in: by the code of a link, which comes in the address's fragment. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { client } from '../api/client.ts'
import { sessionQuery } from '../api/queries.ts'
import { Command } from '../parts/command.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { usePageTitle } from '../parts/page-title.ts'

/** Another tab may have signed this browser in. */
const LOOK_AGAIN_MS = 3000

/** Taken out of the address at once: a history is no place for a code. Once: it is good for one use. */
const code = takeCode()

function takeCode(): string | undefined {
  const found = window.location.hash.slice(1)
  if (found) window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search)
  return found || undefined
}

let opening: Promise<unknown> | undefined

export function SignIn() {
  usePageTitle('Sign in')
  const { next } = useSearch({ from: '/sign-in' })
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [error, setError] = useState<unknown>()
  const isOpening = code !== undefined && error === undefined
  const session = useQuery({ ...sessionQuery, enabled: !isOpening, staleTime: 0, refetchInterval: LOOK_AGAIN_MS })

  useEffect(() => {
    if (code === undefined) return
    opening ??= client.call('openSignInLink', { body: { code } })
    opening.then(() => queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 })).catch(setError)
  }, [queryClient])

  // What was known before this page says nothing: it is asked again.
  const isSignedIn = session.isSuccess && session.isFetchedAfterMount
  useEffect(() => {
    if (isSignedIn) void navigate({ href: next ?? '/clusters', replace: true })
  }, [isSignedIn, navigate, next])

  // A link that is opened where this page already stands changes the fragment alone.
  useEffect(() => {
    const reload = () => window.location.reload()
    window.addEventListener('hashchange', reload)
    return () => window.removeEventListener('hashchange', reload)
  }, [])

  return (
    <main className="alone">
      <img src="/icon.svg" alt="" width="48" height="48" />
      <h1>Sign in to Radix</h1>
      {error !== undefined && <ErrorNote error={error} />}
      {isOpening && <p role="status">Signing in…</p>}
      {!isOpening && (
        <>
          <p>Print a link on the machine of the control plane, and open it here. It is good once, for 15 minutes:</p>
          <Command label="Command that prints a link" text="radix auth link" />
        </>
      )}
    </main>
  )
}
