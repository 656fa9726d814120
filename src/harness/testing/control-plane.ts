/**
 * A control plane in memory, for tests: it answers the harness's requests with the route table and the same
 * maps of transitions. The real client calls it, so that requests and answers are checked against the contract.
 */

import type { z } from 'zod'
import { type ControlPlaneClient, createClient, type RouteAnswer } from '../../contract/client.ts'
import type { Route } from '../../contract/route.ts'
import { ROUTES, type RouteName } from '../../contract/routes.ts'
import type { Cluster } from '../../contract/schemas/cluster.ts'
import type { EvidenceDocument } from '../../contract/schemas/evidence.ts'
import type { Job, JobEvent } from '../../contract/schemas/job.ts'
import type { Run } from '../../contract/schemas/run.ts'
import { newCluster, newJob, newRun } from '../../contract/testing/new-objects.ts'
import type { Clock } from '../../core/clock.ts'
import { newId } from '../../core/ids.ts'
import {
  ACTIVE_RUN_STATUSES,
  isFinal,
  JOB_TRANSITIONS,
  mayTransition,
  RUN_TRANSITIONS,
} from '../../core/transitions.ts'
import { notFound } from '../../errors/not-found.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { renderProblem } from '../../errors/render.ts'
import { gpuResult } from '../../evidence/testing/facts.ts'
import type { Workings } from '../../providers/fake/fake-provider.ts'
import type { LaunchRequest } from '../../providers/provider.ts'

type Part<N extends RouteName, K extends string> = (typeof ROUTES)[N] extends { [key in K]: infer S extends z.ZodType }
  ? z.output<S>
  : undefined

interface Asked<N extends RouteName> {
  params: Part<N, 'params'>
  query: Part<N, 'query'>
  body: Part<N, 'body'>
  key: string | null
  signal: AbortSignal | null
}

type Handlers = { [N in RouteName]?: (asked: Asked<N>) => RouteAnswer<N> | Response }
type AnyHandler = (asked: unknown) => unknown

/**
 * How a request fails: refused with an error, cut off before it arrives, cut off after its effect, never answered,
 * or answered late.
 */
export type Disturbance = RadixError | 'unreachable' | 'answer lost' | 'silent' | { lateMs: number }

export interface SeenRequest {
  route: RouteName
  body: unknown
  query: unknown
  key: string | null
}

interface OnboardingToken {
  clusterId: string
  isUsed: boolean
  isRevoked: boolean
}

const BASE_URL = 'https://radix.example.com'
const TENANT = 'acme'

export class ControlPlaneInMemory {
  readonly clusters = new Map<string, Cluster>()
  readonly jobs = new Map<string, Job>()
  readonly events = new Map<string, JobEvent[]>()
  readonly runs = new Map<string, Run>()
  readonly evidence = new Map<string, z.output<typeof EvidenceDocument>>()
  readonly tokens = new Map<string, OnboardingToken>()
  /** Requests that arrived, in order. */
  readonly requests: SeenRequest[] = []
  /** The most clusters on a page. */
  pageSize = 200
  /** How a job ends once an agent has leased it; `null`: only when a test ends it. */
  jobEnding: Partial<Job> | null = {
    status: 'succeeded',
    output_payload: gpuResult(343.2, { step_seconds: [0.37, 0.38, 0.37, 0.37] }),
  }
  readonly #clock: Clock
  readonly #disturbances = new Map<RouteName, Disturbance[]>()
  /** Callbacks of the live streams of each job, called at its end. */
  readonly #followers = new Map<string, (() => void)[]>()
  readonly #answers = new Map<string, { body: string; answer: unknown }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  createClient(): ControlPlaneClient {
    return createClient({
      baseUrl: BASE_URL,
      credential: () => 'a user token',
      clock: this.#clock,
      fetch: (input, init) => this.#fetch(String(input), init),
    })
  }

  /** Disturbs the next `times` requests of a route; all of them by default. */
  disturb(route: RouteName, disturbance: Disturbance, times = 1000): void {
    this.#disturbances.set(route, Array<Disturbance>(times).fill(disturbance))
  }

  calm(): void {
    this.#disturbances.clear()
  }

  countRequests(route: RouteName): number {
    return this.requests.filter((request) => request.route === route).length
  }

  addCluster(changes: Partial<Cluster> = {}): Cluster {
    const cluster = newCluster({ tenant_id: TENANT, created_at: this.#now(), ...changes })
    this.clusters.set(cluster.cluster_id, cluster)
    return cluster
  }

  addJob(changes: Partial<Job> = {}): Job {
    const job = newJob({ tenant_id: TENANT, created_at: this.#now(), ...changes })
    this.jobs.set(job.job_id, job)
    return job
  }

  /** A machine's agent onboards, which makes its cluster active. False when its token is refused. */
  onboard(clusterId: string, onboardingToken: string): boolean {
    const token = this.tokens.get(onboardingToken)
    if (token?.clusterId !== clusterId || token.isUsed || token.isRevoked) return false
    token.isUsed = true
    const now = this.#now()
    const active = { status: 'active', status_changed_at: now, last_heartbeat_at: now, agent_version: 'test' } as const
    this.#change(this.clusters, clusterId, { ...active, capabilities: { hostname: 'fake', gpus: [] } })
    return true
  }

  /** For the fake cloud: each machine has an agent. */
  readonly boot = ({ clusterId }: LaunchRequest, onboardingToken: string): Workings => {
    this.onboard(clusterId, onboardingToken)
    return { stop: async () => {} }
  }

  endJob(jobId: string, ending: Partial<Job>): void {
    const job = this.jobs.get(jobId)
    if (job && !isFinal(JOB_TRANSITIONS, job.status)) {
      this.#change(this.jobs, jobId, { ...ending, finished_at: this.#now() })
      for (const tell of this.#followers.get(jobId) ?? []) tell()
      this.#followers.delete(jobId)
    }
  }

  /** Descriptions of what a run left behind; empty when nothing. */
  findLeftovers(): string[] {
    const isArchived = (clusterId: string) => this.clusters.get(clusterId)?.status === 'archived'
    return [
      ...[...this.clusters.values()].filter(({ status }) => status !== 'archived').map((it) => `${it.status} cluster`),
      ...[...this.jobs.values()].filter((it) => !isFinal(JOB_TRANSITIONS, it.status)).map((it) => `${it.status} job`),
      ...[...this.runs.values()].filter((it) => !isFinal(RUN_TRANSITIONS, it.status)).map((it) => `${it.status} run`),
      ...[...this.tokens.values()]
        .filter((token) => !token.isUsed && !token.isRevoked && !isArchived(token.clusterId))
        .map(() => 'live onboarding token'),
    ]
  }

  async #fetch(url: string, { method = 'GET', headers, body: text, signal }: RequestInit = {}): Promise<Response> {
    const asked = readRequest({ method, url, text: text?.toString(), key: new Headers(headers).get('idempotency-key') })
    const disturbance = this.#disturbances.get(asked.route)?.shift()
    const cut = () => new TypeError('fetch failed', { cause: new Error('the connection was cut by the test') })
    if (disturbance === 'unreachable') throw cut()
    if (disturbance === 'silent') return aborted(signal)
    const { route, body, query, key } = asked
    this.requests.push({ route, body, query, key })
    if (disturbance instanceof RadixError) return toProblem(disturbance)
    const answer = this.#answer({ ...asked, signal: signal ?? null })
    if (disturbance === 'answer lost') throw cut()
    if (disturbance) await this.#clock.sleep(disturbance.lateMs, signal ?? undefined)
    return answer
  }

  #answer(asked: AnyAsked & { signal: AbortSignal | null }): Response {
    try {
      const answer = this.#once(asked)
      if (answer instanceof Response) return answer
      const { status } = ROUTES[asked.route]
      return answer === undefined ? new Response(null, { status: 204 }) : Response.json(answer, { status })
    } catch (error) {
      return toProblem(error)
    }
  }

  /** A request repeated with its key gets the first answer. */
  #once(asked: AnyAsked): unknown {
    const handle = this.#handlers[asked.route] as AnyHandler | undefined
    if (!handle) throw new Error(`the control plane in memory has no route ${asked.route}`)
    if (asked.key === null) return handle(asked)
    const name = `${asked.route} ${JSON.stringify(asked.params)} ${asked.key}`
    const body = JSON.stringify(asked.body)
    const known = this.#answers.get(name)
    if (known && known.body !== body) throw new RadixError('IDEMPOTENCY_KEY_REUSED')
    const answer = known ? known.answer : handle(asked)
    this.#answers.set(name, { body, answer })
    return answer
  }

  readonly #handlers: Handlers = {
    createCluster: ({ body }) => this.addCluster(body),
    listClusters: ({ query }) => {
      const { status, name = '', cursor } = query
      const matching = [...this.clusters.values()].filter(
        (it) => (!status || it.status === status) && it.name.includes(name),
      )
      const first = Number(cursor ?? 0)
      const next = first + Math.min(this.pageSize, query.limit)
      return { items: matching.slice(first, next), next_cursor: next < matching.length ? String(next) : null }
    },
    getCluster: ({ params }) => this.#cluster(params.cluster_id),
    archiveCluster: ({ params }) => {
      const { status } = this.#cluster(params.cluster_id)
      if (status !== 'archived') this.#archive(params.cluster_id)
      return this.#cluster(params.cluster_id)
    },
    createOnboardingToken: ({ params, body }) => {
      this.#openCluster(params.cluster_id)
      const one_time_token = newId('tok')
      this.tokens.set(one_time_token, { clusterId: params.cluster_id, isUsed: false, isRevoked: false })
      const expiresMs = this.#clock.now().getTime() + (body?.ttl_seconds ?? 3600) * 1000
      return { one_time_token, expires_at: new Date(expiresMs).toISOString() }
    },
    revokeOnboardingTokens: ({ params }) => {
      this.#cluster(params.cluster_id)
      this.#revokeTokens(params.cluster_id)
      return undefined
    },
    launchJob: ({ params, body }) => {
      const cluster = this.#openCluster(params.cluster_id)
      const job = this.addJob({ ...params, ...body, run_id: body.run_id ?? null })
      // The answer shows a queued job; its agent leases it after that.
      if (cluster.status === 'active' && this.jobEnding) {
        const started_at = this.#now()
        this.endJob(job.job_id, { leased_at: started_at, started_at, lease_epoch: 1, ...this.jobEnding })
      }
      return job
    },
    listJobs: ({ params, query }) => {
      this.#cluster(params.cluster_id)
      const items = [...this.jobs.values()]
        .filter((it) => it.cluster_id === params.cluster_id && (!query.run_id || it.run_id === query.run_id))
        .map(({ output_payload: _, ...summary }) => summary)
      return { items: items.slice(0, query.limit), next_cursor: null }
    },
    getJob: ({ params }) => this.#job(params),
    cancelJob: ({ params }) => {
      const { status, job_id } = this.#job(params)
      if (!isFinal(JOB_TRANSITIONS, status)) this.#change(this.jobs, job_id, { cancel_requested: true })
      if (status === 'queued') this.endJob(job_id, { status: 'cancelled' })
      return this.#job(params)
    },
    listJobEvents: ({ params, query }) => {
      const { job_id } = this.#job(params)
      const items = (this.events.get(job_id) ?? [])
        .filter(({ kind, sequence }) => (!query.kind || kind === query.kind) && sequence > query.after_sequence)
        .slice(0, query.limit)
      return { items, last_sequence: items.at(-1)?.sequence ?? query.after_sequence }
    },
    streamJob: ({ params, signal }) => new Response(this.#stream(this.#job(params), signal)),
    registerRun: ({ body }) => {
      const known = this.runs.get(body.run_id)
      if (known) return known
      const run = newRun({ ...body, tenant_id: TENANT, created_at: this.#now() })
      this.runs.set(body.run_id, run)
      return run
    },
    getRun: ({ params }) => this.#run(params.run_id),
    updateRun: ({ params, body }) => {
      const { run_id } = params
      const { status: from, ended_at } = this.#run(run_id)
      const { status: to = from } = body
      if (from !== to && !mayTransition(RUN_TRANSITIONS, from, to)) {
        throw new RadixError('RUN_TRANSITION_INVALID', { run_id, from, to })
      }
      const ends = !ACTIVE_RUN_STATUSES.includes(to)
      const changes = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
      if (isFinal(RUN_TRANSITIONS, from)) return this.#run(run_id)
      this.#change(this.runs, run_id, { ...changes, ended_at: ends ? (ended_at ?? this.#now()) : null })
      return this.#run(run_id)
    },
    cancelRun: ({ params }) => {
      const { run_id, status } = this.#run(params.run_id)
      if (ACTIVE_RUN_STATUSES.includes(status)) this.#change(this.runs, run_id, { cancel_requested: true })
      return this.#run(run_id)
    },
    putEvidence: ({ params, body }) => {
      const { run_id, status } = this.#run(params.run_id)
      if (this.evidence.has(run_id) && isFinal(RUN_TRANSITIONS, status)) {
        throw new RadixError('EVIDENCE_NOT_STORED', { run_id, reason: `the run has ended as ${status}` })
      }
      this.evidence.set(run_id, body)
      this.#change(this.runs, run_id, { has_evidence: true })
      return undefined
    },
  }

  /** The job now and, unless it has ended, its end. */
  #stream({ job_id, status }: Job, signal: AbortSignal | null): ReadableStream<Uint8Array> {
    const bytes = () => new TextEncoder().encode(`event: job\ndata: ${JSON.stringify(this.jobs.get(job_id))}\n\n`)
    return new ReadableStream({
      start: (controller) => {
        controller.enqueue(bytes())
        if (isFinal(JOB_TRANSITIONS, status)) return controller.close()
        const tell = () => {
          controller.enqueue(bytes())
          controller.close()
        }
        this.#followers.set(job_id, [...(this.#followers.get(job_id) ?? []), tell])
        const onAbort = () => {
          const others = this.#followers.get(job_id)?.filter((other) => other !== tell)
          if (others?.length === this.#followers.get(job_id)?.length) return
          this.#followers.set(job_id, others ?? [])
          controller.error(signal?.reason)
        }
        signal?.addEventListener('abort', onAbort, { once: true })
      },
    })
  }

  #archive(clusterId: string): void {
    this.#revokeTokens(clusterId)
    for (const { job_id, cluster_id } of this.jobs.values()) {
      if (cluster_id === clusterId) this.endJob(job_id, { status: 'cancelled', cancel_requested: true })
    }
    this.#change(this.clusters, clusterId, { status: 'archived', archived_at: this.#now() })
  }

  #revokeTokens(clusterId: string): void {
    for (const token of this.tokens.values()) if (token.clusterId === clusterId) token.isRevoked = true
  }

  #cluster(clusterId: string): Cluster {
    const cluster = this.clusters.get(clusterId)
    if (!cluster) throw notFound('cluster', clusterId)
    return cluster
  }

  #openCluster(clusterId: string): Cluster {
    const cluster = this.#cluster(clusterId)
    if (cluster.status === 'archived') throw new RadixError('CLUSTER_ARCHIVED', { cluster_id: clusterId })
    return cluster
  }

  #job({ cluster_id, job_id }: { cluster_id: string; job_id: string }): Job {
    const job = this.jobs.get(job_id)
    if (job?.cluster_id !== cluster_id) throw notFound('job', job_id)
    return job
  }

  #run(runId: string): Run {
    const run = this.runs.get(runId)
    if (!run) throw notFound('run', runId)
    return run
  }

  #change<T>(things: Map<string, T>, id: string, changes: Partial<T>): void {
    const thing = things.get(id)
    if (thing) things.set(id, { ...thing, ...changes })
  }

  #now(): string {
    return this.#clock.now().toISOString()
  }
}

interface AnyAsked extends SeenRequest {
  params: unknown
}

interface RawRequest {
  method: string
  url: string
  text: string | undefined
  key: string | null
}

const PATTERNS = (Object.entries(ROUTES) as [RouteName, Route][]).map(([name, route]) => ({
  name,
  route,
  path: new RegExp(`^${route.path.replaceAll(/\{([a-z_]+)\}/g, '(?<$1>[^/]+)')}$`),
}))

/** Throws for a request outside the contract, which is a bug of the harness. */
function readRequest({ method, url, text, key }: RawRequest): AnyAsked {
  const { pathname, searchParams } = new URL(url)
  for (const { name, route, path } of PATTERNS) {
    const found = route.method === method && path.exec(pathname)
    if (!found) continue
    return {
      route: name,
      params: route.params?.parse({ ...found.groups }),
      query: route.query?.parse(Object.fromEntries(searchParams)),
      body: route.body?.parse(text === undefined ? undefined : JSON.parse(text)),
      key,
    }
  }
  throw new Error(`no route of the contract is ${method} ${pathname}`)
}

function toProblem(error: unknown): Response {
  const problem = renderProblem(error)
  return Response.json(problem, { status: problem.status })
}

function aborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason)
    else signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
