/** `radix cluster show` */
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { printJson } from '../shared/output.ts'

export async function showCluster(clusterId: string, options: ConnectionOptions): Promise<void> {
  const client = await connect(options)
  printJson(await client.call('getCluster', { params: { cluster_id: clusterId } }))
}
