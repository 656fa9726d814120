/** The relays of clusters, as the verbs of `radix relay` use them. */
import { systemClock } from '../../core/clock.ts'
import { relaysDirectory } from '../../core/directories.ts'
import type { Logger } from '../../core/logger.ts'
import { createAwsClients } from '../../providers/ec2/aws-clients.ts'
import { Ec2Relays } from '../../providers/ec2/relay/ec2-relays.ts'
import { parseEc2Settings } from '../../providers/ec2/settings.ts'
import { regionOf } from '../shared/ec2-options.ts'
import { type DataDirOption, resolveDataDir } from '../shared/options.ts'

export interface RelayOptions extends DataDirOption {
  awsRegion?: string
}

/** `baseUrl`: the control plane; of no use where nothing is served. */
export function createRelays(
  options: RelayOptions,
  { baseUrl, logger }: { baseUrl: string; logger: Logger },
): Ec2Relays {
  const ports = { directory: relaysDirectory(resolveDataDir(options)), baseUrl, logger }
  return new Ec2Relays(createAwsClients(regionOfRelays(options)), ports, systemClock)
}

export function regionOfRelays({ awsRegion }: RelayOptions): string {
  const given = awsRegion ?? regionOf(process.env)
  return parseEc2Settings(given === undefined ? {} : { region: given }, { region: '--aws-region' }).region
}
