/** `radix cluster list` */
import type { ControlPlaneClient } from '../../contract/client.ts'
import type { Cluster } from '../../contract/schemas/cluster.ts'
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { note, print, printJson, renderTable } from '../shared/output.ts'
import { collectPages } from '../shared/pages.ts'
import { shortenName, shortenTime } from '../shared/table.ts'

interface ListOptions extends ConnectionOptions {
  status?: Cluster['status']
  name?: string
  limit: number
  json?: boolean
}

const COLUMNS = [
  'CLUSTER',
  { heading: 'NAME', shorten: shortenName },
  { heading: 'TYPE', leaveOut: 3 },
  'STATUS',
  { heading: 'LAST HEARTBEAT', shorten: shortenTime, leaveOut: 1 },
  { heading: 'GPUS', leaveOut: 2 },
]

export async function listClusters(options: ListOptions): Promise<void> {
  const clusters = await readClusters(await connect(options), options)
  if (options.json) return printJson(clusters)
  if (clusters.length === 0) return note('No clusters. Create one: radix cluster create NAME')
  const rows = clusters.map((cluster) => [
    cluster.cluster_id,
    cluster.name,
    cluster.type,
    cluster.status,
    cluster.last_heartbeat_at,
    cluster.capabilities?.gpus?.length ?? null,
  ])
  print(renderTable(COLUMNS, rows))
}

function readClusters(client: ControlPlaneClient, { status, name, limit }: ListOptions): Promise<Cluster[]> {
  return collectPages(limit, (page) => client.call('listClusters', { query: { ...page, status, name } }))
}
