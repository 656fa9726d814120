/** Checks that the instance profile exists and has a role. The launch dry run checks the permission to pass it. */
import { GetInstanceProfileCommand } from '@aws-sdk/client-iam'
import { RadixError } from '../../../errors/radix-error.ts'
import { errorFinding, type Finding } from '../../provider.ts'
import { awsCodeOf, classifyEc2Error } from '../ec2-errors.ts'
import type { CheckContext } from './check.ts'

export async function checkProfile({ clients, settings }: CheckContext): Promise<Finding[]> {
  const profile = settings.instanceProfileName
  const unusable = (reason: string) => [errorFinding(new RadixError('AWS_PROFILE_UNUSABLE', { profile, reason }))]
  try {
    const { InstanceProfile } = await clients.iam.send(new GetInstanceProfileCommand({ InstanceProfileName: profile }))
    return InstanceProfile?.Roles?.length ? [] : unusable('it has no role')
  } catch (error) {
    if (awsCodeOf(error) === 'NoSuchEntity' || awsCodeOf(error) === 'NoSuchEntityException')
      return unusable('no instance profile has that name')
    // A role with only launch permissions need not be able to read the profile.
    if (classifyEc2Error(error) === 'permission') return []
    throw error
  }
}
