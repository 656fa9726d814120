/** Checks that there are credentials, that AWS accepts them, and that they last until the machine is terminated. */

import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { EC2_LIMITS } from '../../../core/limits/ec2.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import { errorFinding, type Finding } from '../../provider.ts'
import { toAwsError } from '../ec2-errors.ts'
import type { CheckContext } from './check.ts'

/** Time to terminate, and to get the confirmation. */
const TERMINATION_MINUTES = EC2_LIMITS.terminationReserve.value / 60_000

export async function checkCredentials({ clients, request, now }: CheckContext): Promise<Finding[]> {
  try {
    await clients.sts.send(new GetCallerIdentityCommand({}))
  } catch (error) {
    // A network outage proves nothing about the credentials.
    return [errorFinding(toAwsError(error))]
  }
  const { expiration } = await clients.ec2.config.credentials()
  if (!expiration) return []
  const leftMinutes = (expiration.getTime() - now.getTime()) / 60_000
  const neededMinutes = (request.deadlineAt.getTime() - now.getTime()) / 60_000 + TERMINATION_MINUTES
  if (leftMinutes >= neededMinutes) return []
  const params = { left_minutes: Math.floor(leftMinutes), ttl_minutes: Math.ceil(neededMinutes - TERMINATION_MINUTES) }
  return [errorFinding(new RadixError('AWS_CREDENTIALS_SHORT', params))]
}
