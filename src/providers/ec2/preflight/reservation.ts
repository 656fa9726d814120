/** Checks that the named reservation has a machine, in a zone with a subnet, until the deadline of the run. */
import { errorFinding, type Finding } from '../../provider.ts'
import { endOfReservation, placeInReservation, readReservation, unusable } from '../capacity-reservation.ts'
import type { CheckContext } from './check.ts'

export async function checkReservation({ clients, settings, request, subnets }: CheckContext): Promise<Finding[]> {
  const { capacityReservationId: id } = settings
  if (id === undefined) return []
  const [reservation, found] = await Promise.all([readReservation(clients, id), subnets()])
  const { zone } = placeInReservation(reservation, settings)
  const endsAt = endOfReservation(reservation)
  if (!found.some((subnet) => subnet.zone === zone)) {
    const reason = `it is in zone ${zone}, and no subnet of the run is there`
    return [errorFinding(unusable(id, reason, 'Name a subnet of that zone with `--subnet-id`.'))]
  }
  if (endsAt && endsAt < request.deadlineAt) {
    const reason = `its machines end at ${endsAt.toISOString()}, before the deadline of the run`
    return [errorFinding(unusable(id, reason, 'Lower `--ttl-minutes`, or name another reservation.'))]
  }
  return []
}
