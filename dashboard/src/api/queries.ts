/** What pages ask for, and how long an answer is fresh. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { RouteRequest } from '../../../src/contract/client.ts'
import { Evidence } from '../../../src/contract/schemas/evidence.ts'
import type { Run } from '../../../src/contract/schemas/run.ts'
import { INTERVALS } from '../../../src/core/limits/intervals.ts'
import { isFinal, JOB_TRANSITIONS, RUN_TRANSITIONS } from '../../../src/core/transitions.ts'
import { client } from './client.ts'

/** Changes are told (changes.ts); should one be lost, this finds it. */
const REFRESH_MS = INTERVALS.pageRefresh.value
/** Heartbeats and progress are told to nobody: too many. */
const PULSE_MS = INTERVALS.pagePulse.value
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

/** Somebody who has scrolled far reads: many pages are not asked for again by themselves. */
function pulseOf({ state: { data } }: { state: { data?: { pages: unknown[] } | undefined } }): number {
  return (data?.pages.length ?? 0) > 3 ? REFRESH_MS : PULSE_MS
}

function pageQuery(cursor: string | null) {
  return { limit: PAGE_SIZE, ...(cursor === null ? {} : { cursor }) }
}

type ClusterFilter = Omit<NonNullable<RouteRequest<'listClusters'>['query']>, 'cursor' | 'limit'>

export const clustersQuery = (filter: ClusterFilter) =>
  infiniteQueryOptions({
    ...LIST,
    queryKey: ['clusters', filter],
    queryFn: ({ signal, pageParam }) =>
      client.call('listClusters', { query: { ...filter, ...pageQuery(pageParam) } }, { signal }),
    refetchInterval: pulseOf,
  })

export const clusterQuery = (clusterId: string) =>
  queryOptions({
    queryKey: ['cluster', clusterId],
    queryFn: ({ signal }) => client.call('getCluster', { params: { cluster_id: clusterId } }, { signal }),
    refetchInterval: ({ state: { data } }) => (data?.status === 'archived' ? false : PULSE_MS),
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
    refetchInterval: pulseOf,
  })

export const jobQuery = (clusterId: string, jobId: string) =>
  queryOptions({
    queryKey: ['job', clusterId, jobId],
    queryFn: ({ signal }) => client.call('getJob', { params: { cluster_id: clusterId, job_id: jobId } }, { signal }),
    refetchInterval: ({ state: { data } }) => (data && isFinal(JOB_TRANSITIONS, data.status) ? false : PULSE_MS),
  })

type RunFilter = Omit<NonNullable<RouteRequest<'listRuns'>['query']>, 'cursor' | 'limit'>

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
    refetchInterval: ({ state: { data } }) => (data && isFinal(RUN_TRANSITIONS, data.status) ? false : REFRESH_MS),
  })

/** Evidence is written anew when a run ends, and hardly after. Null for a document of another shape: it can be downloaded. */
type EndingRun = Pick<Run, 'run_id' | 'status'>

export const evidenceQuery = ({ run_id: runId, status }: EndingRun) =>
  queryOptions({
    queryKey: ['evidence', runId, status],
    queryFn: async ({ signal }) => {
      const document = await client.call('getEvidence', { params: { run_id: runId } }, { signal })
      return Evidence.safeParse(document).data ?? null
    },
    staleTime: 60_000,
    // A later clean-up writes it anew: until that is read, what was there stays. The page of a run is mounted for it alone.
    placeholderData: keepPreviousData,
  })

export const signatureQuery = ({ run_id: runId, status }: EndingRun) =>
  queryOptions({
    queryKey: ['signature', runId, status],
    queryFn: ({ signal }) => client.call('getEvidenceSignature', { params: { run_id: runId } }, { signal }),
    staleTime: 60_000,
  })

/** In this order. A refusal is an answer: it is not asked for again. */
export const comparisonQuery = (runIds: readonly string[]) =>
  queryOptions({
    queryKey: ['comparison', runIds],
    queryFn: ({ signal }) => client.call('compareRuns', { query: { run_ids: runIds.join(',') } }, { signal }),
    staleTime: 60_000,
  })

type TrendFilter = NonNullable<RouteRequest<'getTrends'>['query']>

export const trendsQuery = (filter: TrendFilter) =>
  queryOptions({
    queryKey: ['trends', filter],
    queryFn: ({ signal }) => client.call('getTrends', { query: filter }, { signal }),
    placeholderData: keepPreviousData,
    staleTime: REFRESH_MS,
  })

export const machinesQuery = queryOptions({
  queryKey: ['machines'],
  queryFn: ({ signal }) => client.call('listMachines', {}, { signal }),
  refetchInterval: REFRESH_MS,
})

export const reapersQuery = queryOptions({
  queryKey: ['reapers'],
  queryFn: ({ signal }) => client.call('listReapers', {}, { signal }),
  refetchInterval: REFRESH_MS,
})

export const budgetQuery = queryOptions({
  queryKey: ['budget'],
  queryFn: ({ signal }) => client.call('getBudget', {}, { signal }),
  refetchInterval: REFRESH_MS,
})

export const membersQuery = infiniteQueryOptions({
  ...LIST,
  queryKey: ['members'],
  queryFn: ({ signal, pageParam }) => client.call('listMembers', { query: pageQuery(pageParam) }, { signal }),
})

export const defaultRoleQuery = queryOptions({
  queryKey: ['default-role'],
  queryFn: ({ signal }) => client.call('getDefaultRole', {}, { signal }),
})

export const auditQuery = (filter: Omit<NonNullable<RouteRequest<'listAuditEvents'>['query']>, 'cursor' | 'limit'>) =>
  infiniteQueryOptions({
    ...LIST,
    queryKey: ['audit', filter],
    queryFn: ({ signal, pageParam }) =>
      client.call('listAuditEvents', { query: { ...filter, ...pageQuery(pageParam) } }, { signal }),
  })

export const apiKeysQuery = infiniteQueryOptions({
  ...LIST,
  queryKey: ['api-keys'],
  queryFn: ({ signal, pageParam }) => client.call('listApiKeys', { query: pageQuery(pageParam) }, { signal }),
})
