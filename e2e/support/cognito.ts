/** A Cognito user pool in moto, as docs/AUTH_CI_LOGIN.md sets one up. */
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { MOTO_REGION, type Moto } from './moto.ts'

export const PASSWORD = 'Correct-horse-1'

export interface UserPool {
  client: CognitoIdentityProviderClient
  userPoolId: string
  clientIds: { dashboard: string; ci: string }
  /** With a password that is good, unless it is `temporary`. */
  addUser(username: string, options?: { tenant?: string; temporary?: boolean }): Promise<void>
  /** What `radix auth token` reads. */
  env(username: string): Record<string, string>
  /** What `radix server` reads. */
  serverEnv: Record<string, string>
}

export async function createUserPool(moto: Moto): Promise<UserPool> {
  const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' }
  const client = new CognitoIdentityProviderClient({ region: MOTO_REGION, endpoint: moto.url, credentials })
  const Schema = [{ Name: 'tenant_id', AttributeDataType: 'String' as const, Mutable: true }]
  const { UserPool: pool } = await client.send(new CreateUserPoolCommand({ PoolName: 'radix', Schema }))
  const userPoolId = pool?.Id ?? ''
  const addClient = async (ClientName: string) => {
    const flows = ['ALLOW_ADMIN_USER_PASSWORD_AUTH' as const, 'ALLOW_REFRESH_TOKEN_AUTH' as const]
    const command = new CreateUserPoolClientCommand({ UserPoolId: userPoolId, ClientName, ExplicitAuthFlows: flows })
    return (await client.send(command)).UserPoolClient?.ClientId ?? ''
  }
  const clientIds = { dashboard: await addClient('dashboard'), ci: await addClient('ci') }
  return {
    client,
    userPoolId,
    clientIds,
    async addUser(Username, { tenant = 'acme', temporary = false } = {}) {
      const UserAttributes = tenant === '' ? [] : [{ Name: 'custom:tenant_id', Value: tenant }]
      const user = { UserPoolId: userPoolId, Username }
      await client.send(new AdminCreateUserCommand({ ...user, TemporaryPassword: PASSWORD, UserAttributes }))
      if (!temporary)
        await client.send(new AdminSetUserPasswordCommand({ ...user, Password: PASSWORD, Permanent: true }))
    },
    env: (username) => ({
      RADIX_COGNITO_USER_POOL_ID: userPoolId,
      RADIX_COGNITO_CLIENT_ID: clientIds.ci,
      RADIX_TEST_USERNAME: username,
      RADIX_TEST_PASSWORD: PASSWORD,
    }),
    serverEnv: {
      RADIX_COGNITO_USER_POOL_ID: userPoolId,
      RADIX_COGNITO_CLIENT_ID: `${clientIds.dashboard}, ${clientIds.ci}`,
      RADIX_COGNITO_JWKS_URI: `${moto.url}/${userPoolId}/.well-known/jwks.json`,
    },
  }
}
