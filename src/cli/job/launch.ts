/** `radix job launch` */
import { randomUUID } from 'node:crypto'
import { DEFAULT_WORKLOAD, jobKindOf } from '../../workloads/index.ts'
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { noteLine, printJson, printLine } from '../shared/output.ts'
import { toWorkloadParams, type WorkloadOptions } from '../shared/workload-options.ts'

interface LaunchOptions extends ConnectionOptions, WorkloadOptions {
  timeoutMinutes: number
  json?: boolean
}

export async function launchJob(clusterId: string, options: LaunchOptions): Promise<void> {
  const client = await connect(options)
  const { workload = DEFAULT_WORKLOAD } = options
  const params = toWorkloadParams(options, workload, 'radix job launch --help')
  const job = await client.call('launchJob', {
    params: { cluster_id: clusterId },
    body: { job_kind: jobKindOf(workload), params, timeout_seconds: options.timeoutMinutes * 60 },
    idempotencyKey: randomUUID(),
  })
  if (options.json) return printJson(job)
  printLine(job.job_id)
  noteLine(`Next: radix job logs ${clusterId} ${job.job_id}`)
}
