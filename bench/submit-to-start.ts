/**
 * From submitting a job to its agent holding it, over HTTP, while a hundred agents wait in long polls and send
 * heartbeats; against graphile-worker from adding a job to its task starting, on the same PostgreSQL.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { openGraphile } from './baselines/graphile-worker.ts'
import { withControlPlane } from './control-plane.ts'
import { type IdleAgent, startIdleAgent } from './idle-agent.ts'
import { createLoadClient, type LoadClient } from './load.ts'
import { type Finding, milliseconds } from './report.ts'
import { compareRounds, measureInTurns, median, p99 } from './rounds.ts'

const AGENTS = 100
/** So many of them get the jobs, in turns; the others stay idle. */
const WORKING_AGENTS = 10
const GRAPHILE_CONCURRENCY = 10
const ROUNDS = 6
const JOBS_PER_ROUND = 200
/** Between two jobs: the last one is done with, and its agent waits again. */
const PAUSE_MS = 5
const TARGET_P99_MS = 20

export async function measureSubmitToStart(): Promise<Finding[]> {
  return withControlPlane(async ({ userToken, otherDatabase, onboard }) => {
    const stop = new AbortController()
    const load = createLoadClient(2 * AGENTS + 1)
    const agents = await Promise.all(Array.from({ length: AGENTS }, onboard))
    const idle = agents.map((agent) => startIdleAgent(agent, load, stop.signal))
    const graphile = await openGraphile(otherDatabase, GRAPHILE_CONCURRENCY)
    let turn = 0
    try {
      const { radix, other } = await measureInTurns(ROUNDS, {
        radix: () => repeat(JOBS_PER_ROUND, () => submitJob(load, userToken, idle[turn++ % WORKING_AGENTS])),
        other: () => repeat(JOBS_PER_ROUND, graphile.measureStart),
      })
      return describe(radix, other)
    } finally {
      stop.abort()
      load.close()
      await graphile.close()
      await Promise.all(idle.map((agent) => agent.stopped))
    }
  })
}

function describe(radix: number[][], other: number[][]): Finding[] {
  const ours = radix.flat()
  const target = { text: `p99 ≤ ${TARGET_P99_MS} ms`, met: p99(ours) <= TARGET_P99_MS }
  const shown = (values: number[]) => ({ median: milliseconds(median(values)), p99: milliseconds(p99(values)) })
  return [
    { what: `submit → start over HTTP, ${AGENTS} idle agents`, ...shown(ours), target },
    { what: 'add → start, graphile-worker', ...shown(other.flat()), ratio: compareRounds(radix, other) },
  ]
}

async function repeat(count: number, measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = []
  for (let at = 0; at < count; at++) {
    values.push(await measure())
    await delay(PAUSE_MS)
  }
  return values
}

/** In ms. */
async function submitJob(load: LoadClient, userToken: string, agent: IdleAgent | undefined): Promise<number> {
  if (!agent) throw new RangeError('no agent')
  const arrived = agent.nextJob()
  const submittedMs = performance.now()
  const body = { job_kind: 'resnet50_benchmark', params: { allow_cpu: true } }
  await load.post(`${agent.cluster}/jobs`, { authorization: `Bearer ${userToken}` }, body)
  return (await arrived) - submittedMs
}
