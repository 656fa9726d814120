/** `radix job cancel` */
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { printLine } from '../shared/output.ts'

export async function cancelJob(clusterId: string, jobId: string, options: ConnectionOptions): Promise<void> {
  const client = await connect(options)
  const job = await client.call('cancelJob', { params: { cluster_id: clusterId, job_id: jobId } })
  printLine(
    job.cancel_requested && job.finished_at === null
      ? `${job.job_id} is ${job.status}; its agent has been asked to stop it.`
      : `${job.job_id} is ${job.status}.`,
  )
}
