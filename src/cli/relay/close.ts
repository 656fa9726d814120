/** `radix relay close` */
import { isId } from '../../core/ids.ts'
import { silentLogger } from '../../core/logger.ts'
import { notFound } from '../../errors/not-found.ts'
import { explainAwsErrors } from '../../providers/ec2/ec2-errors.ts'
import { printLine } from '../shared/output.ts'
import { createRelays, type RelayOptions, regionOfRelays } from './relays.ts'

export async function closeRelay(clusterId: string, options: RelayOptions): Promise<void> {
  if (!isId('cl', clusterId)) throw notFound('cluster', clusterId)
  const relays = createRelays(options, { baseUrl: '', logger: silentLogger })
  const existed = await explainAwsErrors(() => relays.delete(clusterId))
  printLine(
    existed
      ? `The relay of ${clusterId} is closed: its bucket is deleted.`
      : `${clusterId} has no relay in ${regionOfRelays(options)}. For another region: --aws-region.`,
  )
}
