/** Looks up one resource of an AWS account. A denial, an outage and a lost answer are not "absent". */
import { ABSENT, type Lookup, unknown } from '../../core/lookup.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { classifyEc2Error, isAwsError, toAwsError } from './ec2-errors.ts'

export async function lookUp<T>(look: () => Promise<Lookup<T>>): Promise<Lookup<T>> {
  try {
    return await look()
  } catch (error) {
    if (classifyEc2Error(error) === 'gone') return ABSENT
    if (!(error instanceof RadixError) && !isAwsError(error)) throw error
    const explained = toAwsError(error)
    return unknown(explained.why, explained)
  }
}
