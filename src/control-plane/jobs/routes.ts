/** Jobs, for users. */

import { followSession } from '../auth/sessions.ts'
import type { HandlersOf } from '../handler.ts'
import { openJobStream } from './job-stream.ts'
import * as jobs from './jobs.ts'

export const jobHandlers: HandlersOf<'jobs'> = {
  launchJob: ({ identity, params, body, idempotencyKey }, app) =>
    jobs.launchJob(app, identity.tenantId, params.cluster_id, body, idempotencyKey),
  listJobs: ({ identity, params, query }, { db }) => jobs.listJobs(db, identity.tenantId, params.cluster_id, query),
  getJob: ({ identity, params }, { db }) => jobs.getJob(db, toAddress(identity.tenantId, params)),
  cancelJob: ({ identity, params }, app) => jobs.cancelJob(app, toAddress(identity.tenantId, params)),
  listJobEvents: ({ identity, params, query }, { db }) =>
    jobs.listJobEvents(db, toAddress(identity.tenantId, params), query),
  streamJob: ({ identity, params, headers, hungUp }, app) => {
    const address = toAddress(identity.tenantId, params)
    const lastEventId = parseLastEventId(headers['last-event-id'])
    return openJobStream(app, address, lastEventId, followSession(app, identity, hungUp))
  },
}

function toAddress(tenantId: string, params: { cluster_id: string; job_id: string }): jobs.JobAddress {
  return { tenantId, clusterId: params.cluster_id, jobId: params.job_id }
}

function parseLastEventId(value: string | string[] | undefined): number {
  const sequence = Number(value)
  return Number.isInteger(sequence) && sequence > 0 && sequence <= 2_147_483_647 ? sequence : 0
}
