/** What pages ask for, and how long an answer is fresh. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { RouteRequest } from '../../../src/contract/client.ts'
import { isFinal, JOB_TRANSITIONS, RUN_TRANSITIONS } from '../../../src/core/transitions.ts'
import { client } from './client.ts'
import { parseEvidence } from './evidence.ts'

/** What changes by itself is looked at again so often while somebody looks at it. */
const REFRESH_MS = 5000
/** A run under way. */
const RUN_REFRESH_MS = 2000
const PAGE_SIZE = 50

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => client.call('getSession', {}, { signal, retries: 0 }),
  staleTime: 60_000,
})

export const signInWaysQuery = queryOptions({
  queryKey: ['sign-in-ways'],
  queryFn: ({ signal }) => client.call('listSignInWays', {}, { signal }),
  staleTime: 60_000,
})

/** Of every list: page after page, and the last answer stays while another filter is asked for. */
const LIST = {
  initialPageParam: null as string | null,
  getNextPageParam: ({ next_cursor }: { next_cursor: string | null }) => next_cursor,
  refetchInterval: REFRESH_MS,
  placeholderData: keepPreviousData,
}

function pageQuery(cursor: string | null) {
  return { limit: PAGE_SIZE, ...(cursor === null ? {} : { cursor }) }
}

type ClusterFilter = Pick<NonNullable<RouteRequest<'listClusters'>['query']>, 'name' | 'status'>

export const clustersQuery = (filter: ClusterFilter) =>
  infiniteQueryOptions({
    ...LIST,
    queryKey: ['clusters', filter],
    queryFn: ({ signal, pageParam }) =>
      client.call('listClusters', { query: { ...filter, ...pageQuery(pageParam) } }, { signal }),
  })

export const clusterQuery = (clusterId: string) =>
  queryOptions({
    queryKey: ['cluster', clusterId],
    queryFn: ({ signal }) => client.call('getCluster', { params: { cluster_id: clusterId } }, { signal }),
    refetchInterval: REFRESH_MS,
  })

type JobFilter = Pick<NonNullable<RouteRequest<'listJobs'>['query']>, 'run_id'>

export const jobsQuery = (clusterId: string, filter: JobFilter = {}) =>
  infiniteQueryOptions({
    ...LIST,
    queryKey: ['jobs', clusterId, filter],
    queryFn: ({ signal, pageParam }) => {
      const request = { params: { cluster_id: clusterId }, query: { ...filter, ...pageQuery(pageParam) } }
      return client.call('listJobs', request, { signal })
    },
    // The run of a job that starts now is seen at once.
    refetchInterval: RUN_REFRESH_MS,
  })

export const jobQuery = (clusterId: string, jobId: string) =>
  queryOptions({
    queryKey: ['job', clusterId, jobId],
    queryFn: ({ signal }) => client.call('getJob', { params: { cluster_id: clusterId, job_id: jobId } }, { signal }),
    refetchInterval: ({ state: { data } }) => (data && isFinal(JOB_TRANSITIONS, data.status) ? false : RUN_REFRESH_MS),
  })

type RunFilter = Pick<NonNullable<RouteRequest<'listRuns'>['query']>, 'status'>

export const runsQuery = (filter: RunFilter) =>
  infiniteQueryOptions({
    ...LIST,
    queryKey: ['runs', filter],
    queryFn: ({ signal, pageParam }) =>
      client.call('listRuns', { query: { ...filter, ...pageQuery(pageParam) } }, { signal }),
  })

export const runQuery = (runId: string) =>
  queryOptions({
    queryKey: ['run', runId],
    queryFn: ({ signal }) => client.call('getRun', { params: { run_id: runId } }, { signal }),
    refetchInterval: ({ state: { data } }) => (data && isFinal(RUN_TRANSITIONS, data.status) ? false : RUN_REFRESH_MS),
  })

export const evidenceQuery = (runId: string) =>
  queryOptions({
    queryKey: ['evidence', runId],
    queryFn: async ({ signal }) =>
      parseEvidence(await client.call('getEvidence', { params: { run_id: runId } }, { signal })),
    staleTime: 60_000,
  })
