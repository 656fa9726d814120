/** The AWS credentials, which only provider `ec2` needs. */
import { asRadixError } from '../../errors/render.ts'
import { type Diagnosis, failed, found, missing } from './diagnosis.ts'

const AWS = { check: 'AWS credentials', isRequired: false }

export async function checkAwsCredentials(env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const [{ createAwsClients }, { findAbsentCredentials }, { toAwsError }, { readIdentity }, { regionOf }] =
    await Promise.all([
      import('../../providers/ec2/aws-clients.ts'),
      import('../../providers/ec2/absent-credentials.ts'),
      import('../../providers/ec2/ec2-errors.ts'),
      import('../../providers/ec2/account/identity.ts'),
      import('../shared/ec2-options.ts'),
    ])
  const { parseEc2Settings } = await import('../../providers/ec2/settings.ts')
  const region = regionOf(env) ?? parseEc2Settings({}).region
  const clients = createAwsClients(region)
  if (await findAbsentCredentials(clients, env)) {
    return missing(
      AWS,
      'absent',
      'None are configured.',
      'aws configure sso && aws sso login   # only for --provider ec2',
    )
  }
  try {
    const { accountId, callerArn } = await readIdentity(clients)
    return found(AWS, `account ${accountId}, ${callerArn}`)
  } catch (error) {
    const known = asRadixError(toAwsError(error))
    return failed(AWS, known.code === 'AWS_CREDENTIALS_INVALID' ? 'unusable' : 'unknown', known)
  }
}
