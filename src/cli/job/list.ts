/** `radix job list` */
import { formatRate } from '../../core/format.ts'
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { note, print, printJson, renderTable } from '../shared/output.ts'
import { collectPages } from '../shared/pages.ts'
import { shortenTime } from '../shared/table.ts'

interface ListOptions extends ConnectionOptions {
  limit: number
  json?: boolean
}

const COLUMNS = [
  'JOB',
  { heading: 'KIND', leaveOut: 2 },
  'STATUS',
  { heading: 'CREATED', shorten: shortenTime, leaveOut: 1 },
  'THROUGHPUT',
  'ERROR',
]

export async function listJobs(clusterId: string, options: ListOptions): Promise<void> {
  const client = await connect(options)
  const jobs = await collectPages(options.limit, (page) =>
    client.call('listJobs', { params: { cluster_id: clusterId }, query: page }),
  )
  if (options.json) return printJson(jobs)
  if (jobs.length === 0) return note(`No jobs on ${clusterId}. Queue one: radix job launch ${clusterId}`)
  const rows = jobs.map((job) => [
    job.job_id,
    job.job_kind,
    job.status,
    job.created_at,
    job.metrics?.throughput ? formatRate(job.metrics.throughput) : null,
    job.error_code,
  ])
  print(renderTable(COLUMNS, rows))
}
