/** Signing in: by the code of a link, which comes in the address's fragment, or at an OIDC issuer. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { client } from '../api/client.ts'
import { sessionQuery, signInOptionsQuery } from '../api/queries.ts'
import { ErrorNote } from '../parts/error-note.tsx'

/** Taken out of the address at once: a history is no place for a code. Once: it is good for one use. */
const code = takeCode()

function takeCode(): string | undefined {
  const found = window.location.hash.slice(1)
  if (found) window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search)
  return found || undefined
}

let opening: Promise<unknown> | undefined

export function SignIn() {
  const { next } = useSearch({ from: '/sign-in' })
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const options = useQuery(signInOptionsQuery)
  const [error, setError] = useState<unknown>()

  useEffect(() => {
    if (code === undefined) return
    opening ??= client.call('openSignInLink', { body: { code } })
    opening
      .then(() => queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 }))
      .then(() => navigate({ href: next ?? '/clusters', replace: true }))
      .catch(setError)
  }, [navigate, next, queryClient])

  return (
    <main className="alone">
      <img src="/icon.svg" alt="" width="48" height="48" />
      <h1>Sign in to Radix</h1>
      {error !== undefined && <ErrorNote error={error} />}
      {code !== undefined && error === undefined && <p>Signing in…</p>}
      {(code === undefined || error !== undefined) && options.data?.link && (
        <>
          <p>Print a link on the machine of the control plane, and open it here. It is good once, for 15 minutes:</p>
          <pre>radix auth link</pre>
        </>
      )}
      {options.error && <ErrorNote error={options.error} onRetry={() => void options.refetch()} />}
    </main>
  )
}
