/** What pages ask for, and how long an answer is fresh. */
import { infiniteQueryOptions, QueryClient, queryOptions } from '@tanstack/react-query'
import type { RouteRequest } from '../../../src/contract/client.ts'
import { isRadixError } from '../../../src/errors/radix-error.ts'
import { client } from './client.ts'

/** Lists are looked at again so often while somebody looks at them. */
const REFRESH_MS = 5000
const PAGE_SIZE = 50

/** Whoever is not signed in any more is sent to sign in; see router.tsx. */
export function isSignedOut(error: unknown): boolean {
  return isRadixError(error, 'AUTH_SESSION_ENDED') || isRadixError(error, 'AUTH_MISSING')
}

export function createQueryClient(onSignedOut: () => void): QueryClient {
  const queryClient: QueryClient = new QueryClient({
    defaultOptions: {
      queries: { retry: (count, error) => count < 2 && isRadixError(error, 'API_UNREACHABLE'), staleTime: 2000 },
    },
  })
  queryClient.getQueryCache().subscribe(({ type, query }) => {
    if (type === 'updated' && isSignedOut(query.state.error)) onSignedOut()
  })
  return queryClient
}

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => client.call('getSession', {}, { signal, retries: 0 }),
  staleTime: 60_000,
})

export const signInOptionsQuery = queryOptions({
  queryKey: ['sign-in'],
  queryFn: ({ signal }) => client.call('getSignInOptions', {}, { signal }),
  staleTime: Number.POSITIVE_INFINITY,
})

type ClusterFilter = Pick<NonNullable<RouteRequest<'listClusters'>['query']>, 'name' | 'status'>

export const clustersQuery = (filter: ClusterFilter) =>
  infiniteQueryOptions({
    queryKey: ['clusters', filter],
    queryFn: ({ signal, pageParam }) => {
      const query = { ...filter, limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) }
      return client.call('listClusters', { query }, { signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    refetchInterval: REFRESH_MS,
  })

export const clusterQuery = (clusterId: string) =>
  queryOptions({
    queryKey: ['cluster', clusterId],
    queryFn: ({ signal }) => client.call('getCluster', { params: { cluster_id: clusterId } }, { signal }),
    refetchInterval: REFRESH_MS,
  })

export const jobsQuery = (clusterId: string) =>
  infiniteQueryOptions({
    queryKey: ['jobs', clusterId],
    queryFn: ({ signal, pageParam }) => {
      const query = { limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) }
      return client.call('listJobs', { params: { cluster_id: clusterId }, query }, { signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    refetchInterval: REFRESH_MS,
  })

export const runsQuery = infiniteQueryOptions({
  queryKey: ['runs'],
  queryFn: ({ signal, pageParam }) => {
    const query = { limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) }
    return client.call('listRuns', { query }, { signal })
  },
  initialPageParam: null as string | null,
  getNextPageParam: ({ next_cursor }) => next_cursor,
  refetchInterval: REFRESH_MS,
})
