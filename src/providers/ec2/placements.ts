/** The plan of a launch: which type in which zone on which market, in order. Pure but for what it is given. */
import type { Placement } from '../provider.ts'
import type { MachineSubnet } from './network.ts'
import type { Ec2Settings } from './settings.ts'

/**
 * Every type in every zone; with `spot`, spot everywhere before on-demand anywhere, as a spot machine that can be had is what was
 * asked for. `offers` says whether a type exists in a zone at all.
 */
export function planPlacements(
  settings: Pick<Ec2Settings, 'region' | 'instanceTypes' | 'spot'>,
  subnets: readonly MachineSubnet[],
  offers: (instanceType: string, zone: string) => boolean,
): Placement[] {
  const zones = [...new Set(subnets.map(({ zone }) => zone))]
  const markets = settings.spot ? (['spot', 'on-demand'] as const) : (['on-demand'] as const)
  return markets.flatMap((market) =>
    settings.instanceTypes.flatMap((instanceType) =>
      zones
        .filter((zone) => offers(instanceType, zone))
        .map((zone) => ({ region: settings.region, zone, instanceType, market })),
    ),
  )
}
