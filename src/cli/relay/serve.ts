/** `radix relay serve`: the control plane's end of a relay, in the foreground. */
import { systemClock } from '../../core/clock.ts'
import { explainAwsErrors } from '../../providers/ec2/ec2-errors.ts'
import { MANAGED_BY } from '../../providers/ec2/names.ts'
import { writeFileAtomically } from '../../system/atomic-file.ts'
import { listenForStop } from '../../system/stop-signals.ts'
import { connect } from '../shared/connection.ts'
import { createLogger } from '../shared/logger.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { createRelays, type RelayOptions } from './relays.ts'

interface ServeOptions extends ConnectionOptions, RelayOptions {
  file?: string
  ttlMinutes: number
}

const MINUTE_MS = 60_000

export async function serveRelay(clusterId: string, options: ServeOptions): Promise<void> {
  const logger = createLogger()
  const client = await connect(options)
  const params = { cluster_id: clusterId }
  await client.call('getCluster', { params })
  const relays = createRelays(options, { baseUrl: client.baseUrl, logger })
  const deadlineAt = new Date(systemClock.now().getTime() + options.ttlMinutes * MINUTE_MS)
  const request = { ownerId: clusterId, clusterId, deadlineAt, managedBy: MANAGED_BY }
  // Until the relay is open, Ctrl-C ends the program at once: the next one opens it again.
  const record = await explainAwsErrors(() => relays.open(request, new AbortController().signal))
  if (options.file !== undefined) {
    const { one_time_token } = await client.call('createOnboardingToken', { params })
    await writeFileAtomically(options.file, relays.accessFileOf(record, one_time_token), 0o600)
  }
  const stop = listenForStop()
  // Before anything is awaited: the signal may come first.
  const stopped = new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }))
  await relays.serve(clusterId)
  const { bucket, expiresAt } = record
  logger.info({ cluster_id: clusterId, bucket, expires_at: expiresAt, file: options.file }, 'serving the relay')
  await stopped
  await relays.close()
  logger.info({ cluster_id: clusterId, bucket }, 'the relay is not served any more; it is open until it is closed')
  stop.dispose()
}
