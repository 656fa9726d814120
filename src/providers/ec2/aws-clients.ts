/** The AWS SDK's clients for one region. Credentials and endpoints come from where the SDK finds them (AWS_ENDPOINT_URL, too). */
import { EC2Client } from '@aws-sdk/client-ec2'
import { IAMClient } from '@aws-sdk/client-iam'
import { PricingClient } from '@aws-sdk/client-pricing'
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { SSMClient } from '@aws-sdk/client-ssm'
import { STSClient } from '@aws-sdk/client-sts'

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
  const options = { region, maxAttempts: 5 }
  return {
    region,
    ec2: new EC2Client(options),
    ssm: new SSMClient(options),
    iam: new IAMClient(options),
    sts: new STSClient(options),
    quotas: new ServiceQuotasClient(options),
    pricing: new PricingClient({ ...options, region: PRICING_REGION }),
  }
}
