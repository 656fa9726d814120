/** Runs: read, started, cancelled and compared, with their evidence. */
import type { Evidence } from '../../src/contract/schemas/evidence.ts'
import { notFound } from '../../src/errors/not-found.ts'
import { RadixError } from '../../src/errors/radix-error.ts'
import { compareRuns } from '../../src/evidence/compare/compare.ts'
import { renderEvidenceMarkdown } from '../../src/evidence/render-markdown.ts'
import { cancelRun, startBenchmark } from './benchmark.ts'
import type { MockHandlers } from './mock-server.ts'
import { takePage } from './page.ts'
import { toSeries } from './trends.ts'
import type { World } from './world.ts'

export const KEY_ID = 'SHA256:c7Y0vXUPdWmgMh0VqvyVj1uLx8mUeV3m0cYxgPp1m5Q'

export function answerRuns(world: World): MockHandlers {
  const evidenceOf = (runId: string): Evidence => {
    const { evidence } = world.findRun(runId)
    if (!evidence) throw notFound('evidence of run', runId)
    return evidence
  }
  return {
    startBenchmark: ({ params, body }) => {
      const cluster = world.findCluster(params.cluster_id)
      const { cluster_id, status } = cluster
      if (status !== 'active') throw new RadixError('CLUSTER_NOT_USABLE', { cluster_id, status })
      return startBenchmark(world, cluster, body)
    },
    listRuns: ({ query: { search = '', status, verdict, recipe, provider, ...query } }) =>
      takePage(
        world.runs
          .map(({ run }) => run)
          .filter((run) =>
            JSON.stringify([run.cluster_name, run.measurement, run.run_id, run.machine?.machine_id])
              .toLowerCase()
              .includes(search.toLowerCase()),
          )
          .filter((run) => (!status || run.status === status) && (!verdict || run.verdict === verdict))
          .filter((run) => !recipe || run.parameters.recipe === recipe)
          .filter((run) => !provider || run.provider === provider),
        query,
      ),
    getRun: ({ params }) => world.findRun(params.run_id).run,
    cancelRun: ({ params }) => {
      const made = world.findRun(params.run_id)
      cancelRun(world, made)
      return made.run
    },
    getEvidence: ({ params }) => evidenceOf(params.run_id),
    getReport: ({ params }) => ({ markdown: renderEvidenceMarkdown(evidenceOf(params.run_id)) }),
    getEvidenceSignature: ({ params }) => ({
      state: 'valid',
      key_id: KEY_ID,
      signed_at: evidenceOf(params.run_id).finished_at,
      trust: 'trusted',
    }),
    compareRuns: ({ query }) => compareRuns(query.run_ids.map(evidenceOf)),
    getTrends: ({ query: { recipe, since } }) => ({
      items: toSeries(
        world.runs
          .filter(({ run }) => run.provider !== 'local')
          .filter(({ run }) => !since || Date.parse(run.created_at) >= Date.parse(since)),
      ).filter((each) => !recipe || each.recipe === recipe),
    }),
  }
}
