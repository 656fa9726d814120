/** The AWS SDK's clients for one region. Credentials and endpoints come from where the SDK finds them (AWS_ENDPOINT_URL, too). */
import { EC2Client } from '@aws-sdk/client-ec2'
import { IAMClient } from '@aws-sdk/client-iam'
import { PricingClient } from '@aws-sdk/client-pricing'
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { SSMClient } from '@aws-sdk/client-ssm'
import { STSClient } from '@aws-sdk/client-sts'
import { proxyAgents } from '../../system/proxy.ts'
import { classifyEc2Error } from './ec2-errors.ts'

export interface AwsClients {
  region: string
  ec2: EC2Client
  ssm: SSMClient
  iam: IAMClient
  sts: STSClient
  quotas: ServiceQuotasClient
  pricing: PricingClient
}

/** The Price List API answers in few regions, for all of them. */
const PRICING_REGION = 'us-east-1'

export function createAwsClients(region: string): AwsClients {
  // Files of credentials are read anew whenever credentials are asked for: somebody may have renewed them.
  const shared = { region, maxAttempts: 5, ignoreCache: true, requestHandler: proxyAgents() }
  const ec2 = new EC2Client(shared)
  askAgainForCredentials(ec2)
  const options = { ...shared, credentials: ec2.config.credentials }
  return {
    region,
    ec2,
    ssm: new SSMClient(options),
    iam: new IAMClient(options),
    sts: new STSClient(options),
    quotas: new ServiceQuotasClient(options),
    pricing: new PricingClient({ ...options, region: PRICING_REGION }),
  }
}

/**
 * The SDK keeps credentials that do not say when they end for as long as the process lives. Once EC2 has refused them, they
 * are asked for again, so that the next call goes out with those that somebody has renewed.
 */
function askAgainForCredentials({ config, middlewareStack }: EC2Client): void {
  middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args)
      } catch (error) {
        if (classifyEc2Error(error) === 'credentials') await config.credentials({ forceRefresh: true }).catch(() => {})
        throw error
      }
    },
    { step: 'initialize', name: 'askAgainForCredentials' },
  )
}
