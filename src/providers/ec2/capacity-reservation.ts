/**
 * A Capacity Reservation or a Capacity Block that the user has. It decides the type, the zone and the market of the machine.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CapacityReservation.html
 */
import { type CapacityReservation, paginateDescribeCapacityReservations } from '@aws-sdk/client-ec2'
import { EC2_LIMITS } from '../../core/limits/ec2.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { Placement } from '../provider.ts'
import type { AwsClients } from './aws-clients.ts'
import { awsCodeOf } from './ec2-errors.ts'
import { listAll } from './list-all.ts'
import type { Ec2Settings } from './settings.ts'

/** Where machines of a reservation are launched. Throws `CAPACITY_RESERVATION_UNUSABLE`. */
export function placeInReservation(
  reservation: CapacityReservation,
  { region, instanceTypes }: Pick<Ec2Settings, 'region' | 'instanceTypes'>,
): Placement {
  const reservationId = reservation.CapacityReservationId ?? ''
  const { InstanceType: instanceType = '', AvailabilityZone: zone = '' } = reservation
  const isBlock = reservation.ReservationType === 'capacity-block'
  const refuse = (reason: string, remedy: string) => unusable(reservationId, reason, remedy)
  if (reservation.State !== 'active') {
    const start = reservation.StartDate?.toISOString()
    throw refuse(
      `it is ${reservation.State ?? 'in an unknown state'}${reservation.State === 'scheduled' && start ? ` for ${start}` : ''}`,
      'Name one that is active, or wait until it is.',
    )
  }
  if ((reservation.AvailableInstanceCount ?? 0) < 1) {
    throw refuse('all its machines are in use', 'Wait until one has ended, or name another reservation.')
  }
  if (!instanceTypes.includes(instanceType)) {
    throw refuse(
      `it is for ${instanceType}, not ${instanceTypes.join(', ')}`,
      `Give \`--instance-type ${instanceType}\`.`,
    )
  }
  return { region, zone, instanceType, market: isBlock ? 'capacity-block' : 'reserved' }
}

/** The last moment at which a machine of the reservation may still run; null without an end. */
export function endOfReservation({ EndDate, ReservationType }: CapacityReservation): Date | null {
  if (!EndDate) return null
  // AWS begins to terminate the machines of a block before its end.
  const earlierMs = ReservationType === 'capacity-block' ? EC2_LIMITS.capacityBlockEnd.value : 0
  return new Date(EndDate.getTime() - earlierMs)
}

export function unusable(reservation_id: string, reason: string, remedy: string): RadixError {
  return new RadixError('CAPACITY_RESERVATION_UNUSABLE', { reservation_id, reason, remedy })
}

/** Throws `CAPACITY_RESERVATION_UNUSABLE` if there is none with this id. */
export async function readReservation(
  { ec2, region }: AwsClients,
  reservationId: string,
): Promise<CapacityReservation> {
  const pages = paginateDescribeCapacityReservations({ client: ec2 }, { CapacityReservationIds: [reservationId] })
  const found = await listAll(pages, (page) => page.CapacityReservations).catch((error: unknown) => {
    if (awsCodeOf(error).startsWith('InvalidCapacityReservationId')) return []
    throw error
  })
  if (found[0]) return found[0]
  const remedy = `List yours: \`aws ec2 describe-capacity-reservations --region ${region}\`.`
  throw unusable(reservationId, `region ${region} of this account has none with this id`, remedy)
}
