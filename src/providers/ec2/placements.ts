/** The plan of a launch: types, zones and markets in order. Pure except for its inputs. */
import type { Placement } from '../provider.ts'
import type { MachineSubnet } from './network.ts'
import type { Ec2Settings } from './settings.ts'

/**
 * Every type in every zone. With `spot`, spot everywhere comes before on-demand anywhere, because the user asked for
 * spot. `offers` says whether a type exists in a zone at all.
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
