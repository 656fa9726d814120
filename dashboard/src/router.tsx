/**
 * Every page, once: its address, what it asks for first, and what shows it. What is asked for here is on its way while the
 * page's own program still comes.
 */
import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { z } from 'zod'
import { VERDICT_LEVELS } from '../../src/contract/schemas/comparison.ts'
import { ProviderName } from '../../src/contract/schemas/run.ts'
import { RECIPES } from '../../src/contract/schemas/workload.ts'
import { toLocalPath } from '../../src/core/local-path.ts'
import { RUN_STATUSES } from '../../src/core/transitions.ts'
import { isErrorCode } from '../../src/errors/render.ts'
import { WORKLOAD_NAMES } from '../../src/workloads/index.ts'
import {
  clusterQuery,
  clustersQuery,
  jobQuery,
  jobsQuery,
  runQuery,
  runsQuery,
  sessionQuery,
  trendsQuery,
} from './api/queries.ts'
import { isSignedOut } from './api/query-client.ts'
import { ErrorPage, PageError } from './pages/error.tsx'
import { loadChunk } from './parts/chunks.ts'
import { CLUSTER_CHOICES, toClusterFilter } from './parts/cluster/choices.ts'
import { DEFAULT_PERIOD, PERIODS, sinceOf } from './parts/trends/period.ts'
import { Shell } from './shell.tsx'

/** Run ids with commas between them: parts/run/picked.ts. */
const Picked = z.string().max(600).optional().catch(undefined)

interface Context {
  queryClient: QueryClient
}

const root = createRootRouteWithContext<Context>()({ errorComponent: ErrorPage, notFoundComponent: NotFound })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  errorComponent: ErrorPage,
  validateSearch: z.object({
    // Only a page of this dashboard: never another site's.
    next: z
      .string()
      .refine((path) => toLocalPath(path) !== undefined)
      .optional()
      .catch(undefined),
    // Why it failed before. Only what the table of errors says is shown, whoever wrote the address.
    error: z.string().refine(isErrorCode).optional().catch(undefined),
    // For a longer session than the one that is there.
    again: z.boolean().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => loadChunk(() => import('./pages/sign-in.tsx')), 'SignIn'),
})

/** Everything else is for people who are signed in. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  component: Shell,
  errorComponent: ErrorPage,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(sessionQuery)
    } catch (error) {
      if (!isSignedOut(error)) throw error
      throw redirect({ to: '/sign-in', search: { next: location.href } })
    }
  },
})

const home = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/clusters' })
  },
})

const clusters = createRoute({
  getParentRoute: () => signedIn,
  path: '/clusters',
  validateSearch: z.object({
    name: z.string().max(100).optional().catch(undefined),
    status: z.enum(CLUSTER_CHOICES).optional().catch(undefined),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => void context.queryClient.prefetchInfiniteQuery(clustersQuery(toClusterFilter(deps))),
  component: lazyRouteComponent(() => loadChunk(() => import('./pages/clusters.tsx')), 'Clusters'),
})

const cluster = createRoute({
  getParentRoute: () => signedIn,
  path: '/clusters/$clusterId',
  loader: ({ context, params }) => {
    void context.queryClient.prefetchQuery(clusterQuery(params.clusterId))
    void context.queryClient.prefetchInfiniteQuery(jobsQuery(params.clusterId))
  },
  component: lazyRouteComponent(() => loadChunk(() => import('./pages/cluster.tsx')), 'ClusterPage'),
})

const job = createRoute({
  getParentRoute: () => signedIn,
  path: '/clusters/$clusterId/jobs/$jobId',
  loader: ({ context, params }) => void context.queryClient.prefetchQuery(jobQuery(params.clusterId, params.jobId)),
  component: lazyRouteComponent(() => loadChunk(() => import('./pages/job.tsx')), 'JobPage'),
})

const runs = createRoute({
  getParentRoute: () => signedIn,
  path: '/runs',
  validateSearch: z.object({
    search: z.string().max(100).optional().catch(undefined),
    status: z.enum(RUN_STATUSES).optional().catch(undefined),
    verdict: z.enum(VERDICT_LEVELS).optional().catch(undefined),
    workload: z.enum(WORKLOAD_NAMES).optional().catch(undefined),
    recipe: z.enum(RECIPES).optional().catch(undefined),
    provider: ProviderName.optional().catch(undefined),
    pick: Picked,
  }),
  loaderDeps: ({ search: { pick: _, ...filter } }) => filter,
  loader: ({ context, deps }) => void context.queryClient.prefetchInfiniteQuery(runsQuery(deps)),
  component: lazyRouteComponent(() => loadChunk(() => import('./pages/runs.tsx')), 'Runs'),
})

const run = createRoute({
  getParentRoute: () => signedIn,
  path: '/runs/$runId',
  loader: ({ context, params }) => void context.queryClient.prefetchQuery(runQuery(params.runId)),
  component: lazyRouteComponent(() => loadChunk(() => import('./pages/run.tsx')), 'RunPage'),
})

const compare = createRoute({
  getParentRoute: () => signedIn,
  path: '/compare',
  validateSearch: z.object({
    runs: Picked,
    // What the others are measured against, where it is not the oldest.
    first: z.string().max(64).optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => loadChunk(() => import('./pages/compare.tsx')), 'Compare'),
})

const trends = createRoute({
  getParentRoute: () => signedIn,
  path: '/trends',
  validateSearch: z.object({
    workload: z.enum(WORKLOAD_NAMES).optional().catch(undefined),
    recipe: z.enum(RECIPES).optional().catch(undefined),
    period: z
      .enum(PERIODS.map(({ value }) => value))
      .optional()
      .catch(undefined),
  }),
  loaderDeps: ({ search: { workload, recipe, period = DEFAULT_PERIOD } }) => ({
    workload,
    recipe,
    since: sinceOf(period),
  }),
  loader: ({ context, deps }) => void context.queryClient.prefetchQuery(trendsQuery(deps)),
  component: lazyRouteComponent(() => loadChunk(() => import('./pages/trends.tsx')), 'Trends'),
})

const machines = createRoute({
  getParentRoute: () => signedIn,
  path: '/machines',
  component: lazyRouteComponent(() => loadChunk(() => import('./pages/machines.tsx')), 'Machines'),
})

const apiKeys = createRoute({
  getParentRoute: () => signedIn,
  path: '/api-keys',
  component: lazyRouteComponent(() => loadChunk(() => import('./pages/api-keys.tsx')), 'ApiKeys'),
})

const team = createRoute({
  getParentRoute: () => signedIn,
  path: '/team',
  component: lazyRouteComponent(() => loadChunk(() => import('./pages/team.tsx')), 'Team'),
})

const audit = createRoute({
  getParentRoute: () => signedIn,
  path: '/audit',
  validateSearch: z.object({ action: z.string().max(100).optional().catch(undefined) }),
  component: lazyRouteComponent(() => loadChunk(() => import('./pages/audit.tsx')), 'Audit'),
})

const pages = [home, clusters, cluster, job, runs, run, compare, trends, machines, apiKeys, team, audit] as const
const routeTree = root.addChildren([signIn, signedIn.addChildren(pages)])

export function createDashboardRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: 'intent',
    defaultErrorComponent: PageError,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createDashboardRouter>
  }
}

function NotFound() {
  return (
    <main className="alone">
      <h1>Page not found</h1>
      <p>
        Continue with your <a href="/clusters">clusters</a>.
      </p>
    </main>
  )
}
