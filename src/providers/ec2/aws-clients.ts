/**
 * The AWS SDK's clients for one region. Credentials and endpoints come from the SDK's usual sources (including
 * AWS_ENDPOINT_URL).
 */
import { EC2Client } from '@aws-sdk/client-ec2'
import { IAMClient } from '@aws-sdk/client-iam'
import { PricingClient } from '@aws-sdk/client-pricing'
import { S3Client } from '@aws-sdk/client-s3'
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { SSMClient } from '@aws-sdk/client-ssm'
import { STSClient } from '@aws-sdk/client-sts'
import { attemptOptions, boundCalls } from './call-limits.ts'
import { classifyEc2Error } from './ec2-errors.ts'

export interface AwsClients {
  region: string
  ec2: EC2Client
  ssm: SSMClient
  s3: S3Client
  iam: IAMClient
  sts: STSClient
  quotas: ServiceQuotasClient
  pricing: PricingClient
}

/** The Price List API is served in a few regions, for all of them. */
const PRICING_REGION = 'us-east-1'

export interface AwsClientOptions {
  /** Of a call with all its attempts, credentials included; the limit of src/core/limits/ec2.ts by default. */
  callTimeoutMs?: number
  /** Of one attempt. */
  attemptTimeoutMs?: number
  /** Of another region's clients; where the SDK finds them otherwise. */
  credentials?: EC2Client['config']['credentials']
}

export function createAwsClients(
  region: string,
  { callTimeoutMs, attemptTimeoutMs, credentials }: AwsClientOptions = {},
): AwsClients {
  // Credential files are read again at every request for credentials: the user may have renewed them.
  const shared = { region, ignoreCache: true, ...attemptOptions(attemptTimeoutMs) }
  const ec2 = new EC2Client({ ...shared, ...(credentials ? { credentials } : {}) })
  askAgainForCredentials(ec2)
  const options = { ...shared, credentials: ec2.config.credentials }
  return {
    region,
    ec2: boundCalls(ec2, callTimeoutMs),
    ssm: boundCalls(new SSMClient(options), callTimeoutMs),
    // Not sooner: a presigned address would then demand the checksum of what is written later.
    s3: boundCalls(new S3Client({ ...options, requestChecksumCalculation: 'WHEN_REQUIRED' }), callTimeoutMs),
    iam: boundCalls(new IAMClient(options), callTimeoutMs),
    sts: boundCalls(new STSClient(options), callTimeoutMs),
    quotas: boundCalls(new ServiceQuotasClient(options), callTimeoutMs),
    pricing: boundCalls(new PricingClient({ ...options, region: PRICING_REGION }), callTimeoutMs),
  }
}

/**
 * The SDK keeps credentials without an expiry for the lifetime of the process. After EC2 has refused them, they are
 * loaded again, so the next call uses renewed ones.
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
