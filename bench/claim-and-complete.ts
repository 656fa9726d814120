/**
 * Claiming and completing jobs one by one, by ten workers at once: through the API with its tokens, leases and checks;
 * by graphile-worker without batching; and by bare SQL. All on the same PostgreSQL, with fsync.
 */
import { openGraphile } from './baselines/graphile-worker.ts'
import { openSkipLockedQueue } from './baselines/skip-locked.ts'
import { type BenchAgent, withControlPlane } from './control-plane.ts'
import { createLoadClient, type LoadClient, PolledJobs, runWorkers } from './load.ts'
import { type Finding, perSecond } from './report.ts'
import { compareRounds, measureInTurns, median } from './rounds.ts'

const WORKERS = 10
const JOBS_PER_ROUND = 500
const ROUNDS = 5

export async function measureClaimAndComplete(): Promise<Finding[]> {
  return withControlPlane(async ({ userToken, otherDatabase, onboard }) => {
    const agent = await onboard()
    const load = createLoadClient(WORKERS)
    const graphile = await openGraphile(otherDatabase, WORKERS)
    const raw = await openSkipLockedQueue(otherDatabase, WORKERS)
    try {
      const rounds = await measureInTurns(ROUNDS, {
        radix: async () => [await drain(agent, userToken, load)],
        graphile: async () => [await graphile.drain(JOBS_PER_ROUND, WORKERS)],
        raw: async () => [await raw.drain(JOBS_PER_ROUND, WORKERS)],
      })
      return describe(rounds)
    } finally {
      load.close()
      await raw.close()
      await graphile.close()
    }
  })
}

function describe({ radix, graphile, raw }: Record<'radix' | 'graphile' | 'raw', number[][]>): Finding[] {
  const shown = (rounds: number[][]) => perSecond(median(rounds.flat()))
  return [
    { what: 'claim + complete over HTTP', median: shown(radix) },
    {
      what: 'claim + complete, graphile-worker unbatched',
      median: shown(graphile),
      ratio: compareRounds(radix, graphile),
    },
    { what: 'claim + complete, raw SKIP LOCKED', median: shown(raw), ratio: compareRounds(radix, raw) },
  ]
}

/** Jobs per second. Queueing them is not counted. */
async function drain({ cluster, clusterToken }: BenchAgent, userToken: string, load: LoadClient): Promise<number> {
  await queueJobs(cluster, userToken, load)
  const headers = { 'x-radix-cluster-token': clusterToken }
  const elapsedSeconds = await runWorkers(WORKERS, async () => {
    const { jobs } = PolledJobs.parse(
      await load.post(`${cluster}/jobs/poll`, headers, { max_jobs: 1, wait_seconds: 0 }),
    )
    for (const { job_id, lease } of jobs) {
      const body = { status: 'succeeded', metrics: { exit_code: 0 }, lease_token: lease.token }
      await load.post(`${cluster}/jobs/${job_id}/complete`, headers, body)
    }
    return jobs.length > 0
  })
  return JOBS_PER_ROUND / elapsedSeconds
}

async function queueJobs(cluster: string, userToken: string, load: LoadClient): Promise<void> {
  let left = JOBS_PER_ROUND
  const headers = { authorization: `Bearer ${userToken}` }
  await runWorkers(WORKERS, async () => {
    if (left-- <= 0) return false
    await load.post(`${cluster}/jobs`, headers, { job_kind: 'resnet50_benchmark', params: { allow_cpu: true } })
    return true
  })
}
