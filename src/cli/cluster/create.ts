/** `radix cluster create` */
import { randomUUID } from 'node:crypto'
import type { RUNNABLE_CLUSTER_TYPES } from '../../core/cluster-types.ts'
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { noteLine, printJson, printLine } from '../shared/output.ts'

interface CreateOptions extends ConnectionOptions {
  type: (typeof RUNNABLE_CLUSTER_TYPES)[number]
  json?: boolean
}

export async function createCluster(name: string, options: CreateOptions): Promise<void> {
  const client = await connect(options)
  const cluster = await client.call('createCluster', {
    body: { name, type: options.type },
    idempotencyKey: randomUUID(),
  })
  if (options.json) return printJson(cluster)
  printLine(cluster.cluster_id)
  noteLine(`Next: radix cluster onboard ${cluster.cluster_id}`)
}
