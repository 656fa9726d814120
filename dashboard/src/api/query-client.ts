/** How questions are asked: whoever is not signed in any more is sent to sign in; see main.tsx. */
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { isRadixError } from '../../../src/errors/radix-error.ts'

export function isSignedOut(error: unknown): boolean {
  return isRadixError(error, 'AUTH_SESSION_ENDED') || isRadixError(error, 'AUTH_MISSING')
}

export function createQueryClient(onSignedOut: () => void): QueryClient {
  const onError = (error: unknown) => {
    if (isSignedOut(error)) onSignedOut()
  }
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      // The client tries again by itself; and a control plane of one's own needs no internet.
      queries: { retry: false, staleTime: 2000, networkMode: 'always' },
      mutations: { networkMode: 'always' },
    },
  })
}
