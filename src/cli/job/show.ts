/** `radix job show` */
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { printJson } from '../shared/output.ts'

export async function showJob(clusterId: string, jobId: string, options: ConnectionOptions): Promise<void> {
  const client = await connect(options)
  printJson(await client.call('getJob', { params: { cluster_id: clusterId, job_id: jobId } }))
}
