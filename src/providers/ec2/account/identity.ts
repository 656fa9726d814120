/** The identity of the account. */
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { AwsClients } from '../aws-clients.ts'

export interface AccountIdentity {
  accountId: string
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  partition: string
  callerArn: string
}

export async function readIdentity({ sts }: AwsClients): Promise<AccountIdentity> {
  const { Account: accountId = '', Arn: callerArn = '' } = await sts.send(new GetCallerIdentityCommand({}))
  return { accountId, partition: callerArn.split(':')[1] || 'aws', callerArn }
}
