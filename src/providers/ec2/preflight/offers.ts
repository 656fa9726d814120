/** Each type is offered in at least one of the zones. */
import { RadixError } from '../../../errors/radix-error.ts'
import type { Finding } from '../../provider.ts'
import { findSubnets } from '../network.ts'
import { readOffers } from '../offers.ts'
import { type CheckContext, errorFinding, warningFinding } from './check.ts'

export async function checkOffers({ clients, settings }: CheckContext): Promise<Finding[]> {
  const subnets = await findSubnets(clients, settings)
  const zones = subnets.map(({ zone }) => zone)
  const offers = await readOffers(clients, settings.instanceTypes)
  const missing = settings.instanceTypes.filter((type) => !zones.some((zone) => offers(type, zone)))
  const isHopeless = missing.length === settings.instanceTypes.length
  return missing.map((instanceType) => {
    const params = { instance_type: instanceType, place: zones.join(', ') || clients.region }
    const error = new RadixError('AWS_INSTANCE_TYPE_UNUSABLE', params)
    return isHopeless ? errorFinding(error) : warningFinding(error)
  })
}
