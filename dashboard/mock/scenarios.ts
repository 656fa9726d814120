/** What the dashboard has to be able to show: a busy team, nothing at all, trouble, failure, and a server that is slow. */
import type { TrendSeries } from '../../src/contract/schemas/comparison.ts'
import type { AliveMachine, Reaper } from '../../src/contract/schemas/machine.ts'
import type { Run } from '../../src/contract/schemas/run.ts'
import { confidenceInterval, mean } from '../../src/core/statistics.ts'
import { RadixError } from '../../src/errors/radix-error.ts'
import { compareRuns } from '../../src/evidence/compare/compare.ts'
import { renderEvidenceMarkdown } from '../../src/evidence/render-markdown.ts'
import { makeClusters, makeJobs } from './clusters.ts'
import type { MockHandlers } from './mock-server.ts'
import { type MadeUpRun, makeOtherRuns, makeRuns } from './runs.ts'
import { streamJob, streamNothing } from './streams.ts'

export const SCENARIO_NAMES = ['busy', 'empty', 'trouble', 'failing', 'slow'] as const
export type ScenarioName = (typeof SCENARIO_NAMES)[number]

export function createScenario(name: ScenarioName, nowMs: number): MockHandlers {
  if (name === 'busy') return { ...COMMON, ...busy(nowMs) }
  if (name === 'trouble') return { ...COMMON, ...busy(nowMs), ...trouble(nowMs) }
  const lists = (answer: () => never | Promise<never>): MockHandlers => ({
    listClusters: answer,
    listRuns: answer,
    listApiKeys: answer,
    getTrends: answer,
    listMachines: answer,
    listReapers: answer,
    getRun: answer,
    getCluster: answer,
  })
  if (name === 'slow') return { ...COMMON, ...lists(() => new Promise(() => {})) }
  if (name === 'failing') {
    return {
      ...COMMON,
      ...lists(() => {
        throw new RadixError('INTERNAL', { message: 'the mock was told to fail.' })
      }),
    }
  }
  const nothing = { items: [], next_cursor: null }
  return {
    ...COMMON,
    listClusters: () => nothing,
    listRuns: () => nothing,
    listApiKeys: () => nothing,
    getTrends: () => ({ items: [] }),
    listMachines: () => ({ items: [] }),
    listReapers: () => ({ items: [] }),
  }
}

const COMMON: MockHandlers = {
  getSession: () => ({ tenant_id: 'local', subject: 'ada', expires_at: null }),
  endSession: () => undefined,
  streamChanges: streamNothing,
  listSignInWays: () => ({ providers: [{ id: 'acme', name: 'Acme Login' }], links: true }),
}

function busy(nowMs: number): MockHandlers {
  const measured = makeRuns(nowMs)
  const runs = [...makeOtherRuns(nowMs), ...measured]
  const clusters = makeClusters(nowMs)
  const [, rack] = clusters
  const jobs = new Map(
    clusters.map((each) => [each.cluster_id, each === rack ? makeJobs(each, measured.slice(0, 3), nowMs) : []]),
  )
  const find = (runId: string): MadeUpRun => {
    const found = runs.find(({ run }) => run.run_id === runId)
    if (!found) throw new RadixError('NOT_FOUND', { thing: 'run', id: runId })
    return found
  }
  const evidenceOf = (runId: string) => {
    const { evidence } = find(runId)
    if (!evidence) throw new RadixError('NOT_FOUND', { thing: 'evidence of run', id: runId })
    return evidence
  }
  const findCluster = (clusterId: string) => {
    const found = clusters.find(({ cluster_id }) => cluster_id === clusterId)
    if (!found) throw new RadixError('NOT_FOUND', { thing: 'cluster', id: clusterId })
    return found
  }
  return {
    listClusters: ({ query: { name = '', status, archived } }) => ({
      items: clusters
        .filter((each) => each.name.includes(name) && (!status || each.status === status))
        .filter((each) => archived === undefined || (each.status === 'archived') === archived),
      next_cursor: null,
    }),
    getCluster: ({ params }) => findCluster(params.cluster_id),
    listJobs: ({ params, query }) => ({
      items: (jobs.get(params.cluster_id) ?? []).filter(({ run_id }) => !query.run_id || run_id === query.run_id),
      next_cursor: null,
    }),
    getJob: ({ params }) => {
      const found = jobs.get(params.cluster_id)?.find(({ job_id }) => job_id === params.job_id)
      if (!found) throw new RadixError('NOT_FOUND', { thing: 'job', id: params.job_id })
      return found
    },
    streamJob: ({ params }) => {
      const cluster = findCluster(params.cluster_id)
      const job = jobs.get(params.cluster_id)?.find(({ job_id }) => job_id === params.job_id)
      if (!job) throw new RadixError('NOT_FOUND', { thing: 'job', id: params.job_id })
      return streamJob(job, cluster, 40)
    },
    listRuns: ({ query: { search = '', status, verdict, recipe } }) => ({
      items: runs
        .map(({ run }) => run)
        .filter((run) =>
          JSON.stringify([run.cluster_name, run.measurement, run.run_id]).toLowerCase().includes(search.toLowerCase()),
        )
        .filter((run) => (!status || run.status === status) && (!verdict || run.verdict === verdict))
        .filter((run) => !recipe || run.parameters.recipe === recipe)
        .slice(0, 20),
      next_cursor: null,
    }),
    getRun: ({ params }) => find(params.run_id).run,
    getEvidence: ({ params }) => evidenceOf(params.run_id),
    getReport: ({ params }) => ({ markdown: renderEvidenceMarkdown(evidenceOf(params.run_id)) }),
    getEvidenceSignature: ({ params }) => ({
      state: 'valid',
      key_id: 'SHA256:c7Y0vXUPdWmgMh0VqvyVj1uLx8mUeV3m0cYxgPp1m5Q',
      signed_at: evidenceOf(params.run_id).finished_at,
      trust: 'trusted',
    }),
    compareRuns: ({ query }) => compareRuns(query.run_ids.map(evidenceOf)),
    getTrends: ({ query: { recipe } }) => ({
      items: toSeries(measured).filter((each) => !recipe || each.recipe === recipe),
    }),
    listMachines: () => ({ items: [machineOf(measured, nowMs, 4, 41)] }),
    listReapers: () => ({ items: [reaperAt(nowMs - 3 * 60_000)] }),
    listApiKeys: () => ({
      items: ['scheduler', 'capacity planning', 'notebook of last year'].map((name, index) => ({
        api_key_id: `key_${index}`,
        name,
        prefix: `radix_ak_${index}Qf3`,
        created_at: new Date(nowMs - (index + 1) * 40 * 86_400_000).toISOString(),
        last_used_at: index === 1 ? null : new Date(nowMs - 9000 * (index + 1)).toISOString(),
        revoked_at: index === 2 ? new Date(nowMs - 86_400_000).toISOString() : null,
      })),
      next_cursor: null,
    }),
  }
}

/** A machine that nobody ended, one that only the reaper saw, a reaper that fails, and evidence that was tampered with. */
function trouble(nowMs: number): MockHandlers {
  const runs = makeRuns(nowMs)
  const stuck = machineOf(runs, nowMs, 190, -145)
  return {
    getEvidenceSignature: () => ({
      state: 'changed',
      key_id: 'SHA256:c7Y0vXUPdWmgMh0VqvyVj1uLx8mUeV3m0cYxgPp1m5Q',
      signed_at: new Date(nowMs).toISOString(),
      trust: null,
    }),
    listMachines: () => ({
      items: [{ ...stuck, run_status: 'termination_unconfirmed', state: 'terminating' }, machineOf(runs, nowMs, 4, 41)],
    }),
    listReapers: () => ({
      items: [
        {
          ...reaperAt(nowMs - 5 * 3_600_000),
          at: new Date(nowMs - 4 * 60_000).toISOString(),
          success: false,
          unseen: [{ name: 'ec2 us-east-1', error: 'The AWS credentials have expired.' }],
          things: [
            {
              kind: 'instance',
              id: 'i-0fee1dead5ca1ab1e',
              region: 'us-west-2',
              run_id: 'run_of_another_control_plane',
              created_at: new Date(nowMs - 3_600_000).toISOString(),
              deadline_at: new Date(nowMs - 900_000).toISOString(),
              detail: 'running g5.xlarge',
              decision: 'reap: deadline passed',
              outcome: 'failed',
              error: 'UnauthorizedOperation: ec2:TerminateInstances',
            },
          ],
        },
      ],
    }),
  }
}

function machineOf(runs: readonly MadeUpRun[], nowMs: number, ageMinutes: number, leftMinutes: number): AliveMachine {
  const run: Run | undefined = runs[ageMinutes % runs.length]?.run
  return {
    machine_id: `i-0${ageMinutes}c0ffee0123456`,
    instance_type: 'g5.xlarge',
    state: 'running',
    launched_at: new Date(nowMs - ageMinutes * 60_000).toISOString(),
    terminated_at: null,
    run_id: run?.run_id ?? 'run_x',
    run_status: 'running',
    provider: 'ec2',
    cluster_name: 'ci-gpu-bench',
    deadline_at: new Date(nowMs + leftMinutes * 60_000).toISOString(),
    worst_case_cost_usd: 0.75,
  }
}

function reaperAt(successMs: number): Reaper {
  const at = new Date(successMs).toISOString()
  return {
    name: 'ops',
    at,
    dry_run: false,
    success: true,
    interval_seconds: 600,
    things: [],
    unseen: [],
    last_success_at: at,
    received_at: at,
  }
}

/** As the control plane's own query groups them. */
function toSeries(runs: readonly MadeUpRun[]): TrendSeries[] {
  const groups = Map.groupBy(
    runs.filter(({ evidence }) => evidence !== null),
    ({ run }) => `${run.machine?.instance_type} ${run.measurement?.recipe}`,
  )
  return [...groups.values()].map((group): TrendSeries => {
    const oldestFirst = group.toReversed()
    const { run, evidence } = oldestFirst[0] ?? {}
    const throughputs = oldestFirst.map((each) => each.run.throughput_images_per_sec ?? 0)
    const interval = confidenceInterval(throughputs)
    const {
      batch_size = 0,
      image_size = 0,
      epochs = 0,
      steps_per_epoch = 0,
      warmup_steps = 0,
    } = evidence?.request.parameters ?? {}
    return {
      instance_type: run?.measurement?.instance_type ?? null,
      device_name: run?.measurement?.device_name ?? '',
      device_type: 'cuda',
      job_kind: 'resnet50_benchmark',
      workload: { name: 'resnet50_benchmark', version: '1.0.0' },
      recipe: run?.measurement?.recipe ?? '',
      parameters: { batch_size, image_size, epochs, steps_per_epoch, warmup_steps },
      run_count: group.length,
      throughput_images_per_sec: { mean: mean(throughputs), low: interval?.low ?? null, high: interval?.high ?? null },
      images_per_usd: mean(oldestFirst.map((each) => each.run.measurement?.images_per_usd ?? 0)),
      points: oldestFirst.map(({ run: { run_id, created_at, verdict, throughput_images_per_sec, measurement } }) => ({
        run_id,
        measured_at: created_at,
        trials: measurement?.trials ?? 1,
        throughput_images_per_sec: throughput_images_per_sec ?? 0,
        interval: measurement?.interval ?? null,
        images_per_usd: measurement?.images_per_usd ?? null,
        verdict: verdict ?? 'suspect',
      })),
    }
  })
}
