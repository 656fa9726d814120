/** `radix cluster archive` */
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { printLine } from '../shared/output.ts'

export async function archiveCluster(clusterId: string, options: ConnectionOptions): Promise<void> {
  const client = await connect(options)
  const cluster = await client.call('archiveCluster', { params: { cluster_id: clusterId } })
  printLine(`${cluster.cluster_id} (${cluster.name}) is ${cluster.status}.`)
}
