/** `radix job launch` */
import type { Resnet50Params } from '../../contract/schemas/workload.ts'
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { note, print, printJson } from '../shared/output.ts'

interface LaunchOptions extends ConnectionOptions {
  epochs?: number
  batchSize?: number
  stepsPerEpoch?: number
  imageSize?: number
  recipe?: Resnet50Params['recipe']
  allowCpu?: boolean
  timeoutMinutes: number
  json?: boolean
}

export async function launchJob(clusterId: string, options: LaunchOptions): Promise<void> {
  const client = await connect(options)
  // Members that were not given stay away: the defaults are the contract's.
  const params = {
    epochs: options.epochs,
    batch_size: options.batchSize,
    steps_per_epoch: options.stepsPerEpoch,
    image_size: options.imageSize,
    recipe: options.recipe,
    allow_cpu: options.allowCpu,
  }
  const job = await client.call('launchJob', {
    params: { cluster_id: clusterId },
    body: { job_kind: 'resnet50_benchmark', params, timeout_seconds: options.timeoutMinutes * 60 },
  })
  if (options.json) return printJson(job)
  print(job.job_id)
  note(`Next: radix job logs ${clusterId} ${job.job_id}`)
}
