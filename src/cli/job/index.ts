/** `radix job …` */
import type { Command } from 'commander'
import { boundsOf } from '../../contract/bounds.ts'
import { LaunchJobBody } from '../../contract/schemas/job.ts'
import { addConnectionOptions, wholeNumber } from '../shared/options.ts'
import { addWorkloadOptions } from '../shared/workload-options.ts'

export function register(command: Command): void {
  const positive = wholeNumber({ minimum: 1 })
  const { maximum: maximumSeconds } = boundsOf(LaunchJobBody.shape.timeout_seconds)

  const launch = command.command('launch <cluster_id>').description('Queue a benchmark on a cluster')
  addWorkloadOptions(addConnectionOptions(launch))
    .option(
      '--timeout-minutes <number>',
      'how long it may take',
      wholeNumber({ minimum: 1, maximum: maximumSeconds / 60 }),
      45,
    )
    .option('--json', 'print JSON')
    .action(async (clusterId, options) => (await import('./launch.ts')).launchJob(clusterId, options))

  addConnectionOptions(command.command('list <cluster_id>').description('List the jobs of a cluster, newest first'))
    .option('--limit <number>', 'how many at the most', positive, 50)
    .option('--json', 'print JSON')
    .action(async (clusterId, options) => (await import('./list.ts')).listJobs(clusterId, options))

  addConnectionOptions(command.command('show <cluster_id> <job_id>').description('Show a job as JSON')).action(
    async (clusterId, jobId, options) => (await import('./show.ts')).showJob(clusterId, jobId, options),
  )

  addConnectionOptions(command.command('logs <cluster_id> <job_id>').description('Print the log of a job')).action(
    async (clusterId, jobId, options) => (await import('./logs.ts')).printJobLog(clusterId, jobId, options),
  )

  addConnectionOptions(command.command('cancel <cluster_id> <job_id>').description('Cancel a job')).action(
    async (clusterId, jobId, options) => (await import('./cancel.ts')).cancelJob(clusterId, jobId, options),
  )
}
