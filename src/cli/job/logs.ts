/** `radix job logs` */
import { API_LIMITS } from '../../core/limits/api.ts'
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { printLogLine } from '../shared/output.ts'

const PAGE_LIMIT = API_LIMITS.pageEvents.value

export async function printJobLog(clusterId: string, jobId: string, options: ConnectionOptions): Promise<void> {
  const client = await connect(options)
  for (let after = 0; ; ) {
    const page = await client.call('listJobEvents', {
      params: { cluster_id: clusterId, job_id: jobId },
      query: { after_sequence: after, kind: 'log', limit: PAGE_LIMIT },
    })
    for (const event of page.items) if (event.kind === 'log') printLogLine(event.data.line)
    const last = page.items.at(-1)
    if (!last) return
    after = last.sequence
  }
}
