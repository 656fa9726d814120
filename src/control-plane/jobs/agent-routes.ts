/** The routes of agents: exchange, heartbeat, poll, and everything under a lease. */
import type { ClusterIdentity } from '../auth/identity.ts'
import { recordHeartbeat } from '../clusters/heartbeat.ts'
import { exchangeOnboardingToken } from '../clusters/onboarding.ts'
import type { HandlersOf } from '../handler.ts'
import { pollJobs, releaseUndelivered } from './dispatch.ts'
import { completeJob, type LeaseAddress, recordEvents, renewLease } from './leases.ts'

export const agentHandlers: HandlersOf<'agents'> = {
  exchangeOnboardingToken: ({ identity, params, body }, { db }) =>
    exchangeOnboardingToken(db, params.cluster_id, identity.token, body?.nonce),
  heartbeat: ({ identity, body }, app) => recordHeartbeat(app, identity, body),
  pollJobs: async ({ identity, body, rawBody, hungUp, onUndelivered }, app) => {
    const jobs = await pollJobs(app, identity.clusterId, body, !declaresWaiting(rawBody), hungUp)
    if (jobs.length > 0) onUndelivered(() => releaseUndelivered(app, jobs))
    return { jobs }
  },
  renewLease: ({ identity, params, body }, app) => renewLease(app, toAddress(identity, params), body.lease_token),
  reportJobEvents: ({ identity, params, body }, app) => recordEvents(app, toAddress(identity, params), body),
  completeJob: ({ identity, params, body }, app) => completeJob(app, toAddress(identity, params), body),
}

function toAddress({ tenantId, clusterId }: ClusterIdentity, { job_id: jobId }: { job_id: string }): LeaseAddress {
  return { tenantId, clusterId, jobId }
}

/** Earlier agents do not know `wait_seconds`, nor how to renew a lease. */
function declaresWaiting(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'wait_seconds' in body
}
