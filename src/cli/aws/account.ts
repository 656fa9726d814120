/** The account that the verbs of `radix aws` work on. */
import { systemClock } from '../../core/clock.ts'
import { createAccountClients } from '../../providers/ec2/account/account-clients.ts'
import { readIdentity } from '../../providers/ec2/account/identity.ts'
import { isAwsError, toAwsError } from '../../providers/ec2/ec2-errors.ts'
import { parseEc2Settings } from '../../providers/ec2/settings.ts'
import { regionOf } from '../shared/ec2-options.ts'
import { pickGiven } from '../shared/options.ts'

export interface AccountOptions {
  region?: string
  fallbackRegion?: string[]
}

export type Account = Awaited<ReturnType<typeof openAccount>>

/** Throws `AWS_CREDENTIALS_INVALID` where there is none. */
export async function openAccount(options: AccountOptions) {
  const region = options.region ?? regionOf(process.env)
  const fallbackRegions = options.fallbackRegion?.map((fallback) => ({ region: fallback }))
  const settings = parseEc2Settings(pickGiven({ region, fallbackRegions }))
  const clients = createAccountClients(settings.region)
  const fallbackClients = settings.fallbackRegions.map((fallback) => createAccountClients(fallback.region))
  return { clients, fallbackClients, clock: systemClock, identity: await readIdentity(clients) }
}

/** Turns errors of AWS into errors for the user. */
export async function explainingAwsErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    // An error that is not from AWS, its SDK or the network is a bug, and is shown as one.
    throw isAwsError(error) ? toAwsError(error) : error
  }
}
