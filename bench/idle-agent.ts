/** What the control plane sees of an agent: one long poll after the other, a heartbeat now and then, jobs done at once. */
import { setTimeout as delay } from 'node:timers/promises'
import type { BenchAgent } from './control-plane.ts'
import { type LoadClient, PolledJobs } from './load.ts'

export interface IdleAgent {
  /** Address of its cluster. */
  cluster: string
  /** Resolves with the time when the next job arrived, once it is completed. */
  nextJob(): Promise<number>
  /** Resolves when it has stopped; rejects when it failed before it was told to. */
  stopped: Promise<unknown>
}

const POLL_WAIT_SECONDS = 30
const HEARTBEAT_INTERVAL_MS = 10_000

/** Stops when the signal has aborted and `load` is closed. */
export function startIdleAgent(
  { cluster, clusterToken }: BenchAgent,
  load: LoadClient,
  signal: AbortSignal,
): IdleAgent {
  const headers = { 'x-radix-cluster-token': clusterToken }
  let onJob: (arrivedMs: number) => void = () => {}

  async function poll(): Promise<void> {
    while (!signal.aborted) {
      const answer = await load.post(`${cluster}/jobs/poll`, headers, { max_jobs: 1, wait_seconds: POLL_WAIT_SECONDS })
      const arrivedMs = performance.now()
      for (const { job_id, lease } of PolledJobs.parse(answer).jobs) {
        await load.post(`${cluster}/jobs/${job_id}/complete`, headers, {
          status: 'succeeded',
          lease_token: lease.token,
        })
        onJob(arrivedMs)
      }
    }
  }

  async function beat(): Promise<void> {
    // Agents were not all started at the same instant.
    await delay(Math.random() * HEARTBEAT_INTERVAL_MS, undefined, { signal })
    for (;;) {
      await load.post(`${cluster}/heartbeat`, headers, {})
      await delay(HEARTBEAT_INTERVAL_MS, undefined, { signal })
    }
  }

  const unlessStopped = (error: unknown) => {
    if (!signal.aborted) throw error
  }
  const nextJob = () =>
    new Promise<number>((resolve) => {
      onJob = resolve
    })
  return { cluster, nextJob, stopped: Promise.all([poll().catch(unlessStopped), beat().catch(unlessStopped)]) }
}
