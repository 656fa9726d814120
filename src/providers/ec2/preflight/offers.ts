/** Checks that each type is offered in at least one of the zones. */
import { RadixError } from '../../../errors/radix-error.ts'
import { errorFinding, type Finding, warningFinding } from '../../provider.ts'
import { readOffers } from '../offers.ts'
import type { CheckContext } from './check.ts'

export async function checkOffers({ clients, settings, subnets }: CheckContext): Promise<Finding[]> {
  // A reservation has its own type and zone.
  if (settings.capacityReservationId !== undefined) return []
  const zones = (await subnets()).map(({ zone }) => zone)
  const offers = await readOffers(clients, settings.instanceTypes)
  const missing = settings.instanceTypes.filter((type) => !zones.some((zone) => offers(type, zone)))
  const isHopeless = missing.length === settings.instanceTypes.length
  return missing.map((instanceType) => {
    const params = { instance_type: instanceType, place: zones.join(', '), region: clients.region }
    const error = new RadixError('AWS_INSTANCE_TYPE_UNUSABLE', params)
    return isHopeless ? errorFinding(error) : warningFinding(error)
  })
}
