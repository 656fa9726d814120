/** The smallest agent that a run can be made with, in this process: what boots on the machines of the fake cloud. */
import { createClient } from '../../src/contract/client.ts'
import { isRadixError } from '../../src/errors/radix-error.ts'
import type { Workings } from '../../src/providers/fake/fake-provider.ts'
import type { LaunchRequest } from '../../src/providers/provider.ts'
import { WORKLOAD_RESULT } from './stand-in-workload.ts'

/** Which cluster it serves. */
type Home = Pick<LaunchRequest, 'apiBase' | 'clusterId'>

export interface TinyAgent extends Workings {
  /** Ids of the jobs that it ran, in order; a job that is run twice is in it twice. */
  readonly jobIds: readonly string[]
}

export function startTinyAgent(request: Home, onboardingToken: string): TinyAgent {
  const stopped = new AbortController()
  const jobIds: string[] = []
  const finished = serve(request, onboardingToken, jobIds, stopped.signal).catch((error: unknown) => {
    // Stopped, or its cluster was archived: the end of its machine either way.
    if (!stopped.signal.aborted && !isRadixError(error)) throw error
  })
  return {
    jobIds,
    async stop() {
      stopped.abort(new Error('the machine was terminated'))
      await finished
    },
  }
}

async function serve(
  { apiBase, clusterId }: Home,
  onboardingToken: string,
  jobIds: string[],
  signal: AbortSignal,
): Promise<void> {
  const clientWith = (credential: string) => createClient({ baseUrl: apiBase, credential: () => credential })
  const params = { cluster_id: clusterId }
  const exchanged = await clientWith(onboardingToken).call('exchangeOnboardingToken', { params }, { signal })
  const client = clientWith(exchanged.cluster_token)
  await client.call('heartbeat', { params, body: { agent_version: 'tiny' } }, { signal })
  while (!signal.aborted) {
    const { jobs } = await client.call('pollJobs', { params, body: { wait_seconds: 20 } }, { signal })
    for (const { job_id, lease } of jobs) {
      jobIds.push(job_id)
      const body = { status: 'succeeded' as const, output_payload: WORKLOAD_RESULT, lease_token: lease.token }
      await client.call('completeJob', { params: { ...params, job_id }, body }, { signal })
    }
  }
}
