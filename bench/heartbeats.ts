/** Heartbeats per second, with token, limits, validation and status; against a route that does one `UPDATE` and nothing else. */
import { readCapabilities } from '../src/agent/capabilities.ts'
import { startNaiveServer } from './baselines/naive-heartbeat.ts'
import { withControlPlane } from './control-plane.ts'
import { createLoadClient, runWorkers } from './load.ts'
import { type Finding, perSecond } from './report.ts'
import { compareRounds, measureInTurns, median } from './rounds.ts'

const CLUSTERS = 100
const CONCURRENCY = 20
const ROUNDS = 5
const BEATS_PER_ROUND = 3000

export async function measureHeartbeats(): Promise<Finding[]> {
  const body = {
    status: 'active',
    capabilities: await readCapabilities(['process']),
    agent_version: '0',
    heartbeat_interval_seconds: 10,
  }
  return withControlPlane(async ({ otherDatabase, onboard }) => {
    const agents = await Promise.all(Array.from({ length: CLUSTERS }, onboard))
    const naive = await startNaiveServer(
      otherDatabase,
      agents.map((agent) => agent.clusterId),
    )
    const load = createLoadClient(CONCURRENCY)
    const beat = (target: (agent: (typeof agents)[number]) => string) => async () => {
      let sent = 0
      const elapsedSeconds = await runWorkers(CONCURRENCY, async () => {
        if (sent >= BEATS_PER_ROUND) return false
        const agent = agents[sent++ % CLUSTERS]
        if (agent) await load.post(target(agent), { 'x-radix-cluster-token': agent.clusterToken }, body)
        return true
      })
      return [BEATS_PER_ROUND / elapsedSeconds]
    }
    try {
      const { radix, other } = await measureInTurns(ROUNDS, {
        radix: beat(({ cluster }) => `${cluster}/heartbeat`),
        other: beat(({ clusterId }) => `${naive.url}/clusters/${clusterId}/heartbeat`),
      })
      return [
        { what: 'heartbeats', median: perSecond(median(radix.flat())) },
        {
          what: 'heartbeats, naive one-UPDATE route',
          median: perSecond(median(other.flat())),
          ratio: compareRounds(radix, other),
        },
      ]
    } finally {
      load.close()
      await naive.close()
    }
  })
}
