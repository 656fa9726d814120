/** Signing in: at an issuer, or by the code of a link, which comes in the address's fragment. */

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { INTERVALS } from '../../../src/core/limits/intervals.ts'
import { client } from '../api/client.ts'
import { sessionQuery } from '../api/queries.ts'
import { CodeNote, ErrorNote } from '../parts/error-note.tsx'
import { usePageTitle } from '../parts/page-title.ts'
import { SignInWays } from '../parts/sign-in-ways.tsx'

/** Another tab may have signed this browser in. */
const LOOK_AGAIN_MS = INTERVALS.signInWays.value

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
  const { next, error: failedBefore, again } = useSearch({ from: '/sign-in' })
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [error, setError] = useState<unknown>()
  const isOpening = code !== undefined && error === undefined
  // What failed is to be read, and a session that is about to end is not what somebody came for.
  const isForAnother = (again === true || failedBefore !== undefined) && code === undefined
  const isSignedIn = useSignedIn({ isAsked: !isOpening, isForAnother })

  useEffect(() => {
    if (code === undefined) return
    opening ??= client.call('openSignInLink', { body: { code } })
    opening.then(() => queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 })).catch(setError)
  }, [queryClient])

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
      {error === undefined && failedBefore !== undefined && !isOpening && <CodeNote code={failedBefore} />}
      {isOpening && <p role="status">Signing in…</p>}
      {!isOpening && <SignInWays next={next} />}
    </main>
  )
}

/** `isForAnother`: the session that is there already does not count. */
function useSignedIn({ isAsked, isForAnother }: { isAsked: boolean; isForAnother: boolean }): boolean {
  const session = useQuery({ ...sessionQuery, enabled: isAsked, staleTime: 0, refetchInterval: LOOK_AGAIN_MS })
  // What was known before this page says nothing: it is asked again.
  const isKnown = session.isFetchedAfterMount
  const endsAt = session.data?.expires_at ?? null
  const [firstEndsAt, setFirstEndsAt] = useState<string | null>()
  useEffect(() => {
    if (isKnown && firstEndsAt === undefined) setFirstEndsAt(session.isSuccess ? endsAt : null)
  }, [isKnown, firstEndsAt, session.isSuccess, endsAt])
  if (!session.isSuccess || !isKnown) return false
  return !isForAnother || (firstEndsAt !== undefined && endsAt !== firstEndsAt)
}
