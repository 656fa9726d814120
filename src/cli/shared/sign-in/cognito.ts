/**
 * ID tokens of a Cognito user, as continuous integration gets them: AdminInitiateAuth, by an AWS role that may call it.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminInitiateAuth.html
 */
import { createHmac } from 'node:crypto'
import {
  AdminInitiateAuthCommand,
  type AdminInitiateAuthCommandOutput,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider'
import { RadixError } from '../../../errors/radix-error.ts'
import { attemptOptions, boundCalls } from '../../../providers/ec2/call-limits.ts'
import { type IssuedToken, keepToken, type TokenSource } from './token-source.ts'

interface CognitoSettings {
  userPoolId: string
  clientId: string
  username: string
  password: string
  /** Of a client that has one. */
  clientSecret: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

const VARIABLES = {
  userPoolId: 'RADIX_COGNITO_USER_POOL_ID',
  clientId: 'RADIX_COGNITO_CLIENT_ID',
  username: 'RADIX_TEST_USERNAME',
  password: 'RADIX_TEST_PASSWORD',
} as const

/** True if any of the four settings is present: a user who sets one means to sign in with Cognito. */
export function mentionsCognito(env: Environment): boolean {
  return Object.values(VARIABLES).some((name) => env[name])
}

/** Throws `COGNITO_SETTINGS_MISSING`; its tokens then the other `COGNITO_*` errors. */
export function createCognitoTokenSource(env: Environment, onSecret?: (secret: string) => void): TokenSource {
  const settings = readSettings(env)
  for (const secret of [settings.password, settings.clientSecret]) if (secret) onSecret?.(secret)
  const [region] = settings.userPoolId.split('_')
  const client = boundCalls(new CognitoIdentityProviderClient({ region: region ?? '', ...attemptOptions() }))
  let refreshToken: string | undefined
  return keepToken(async () => {
    const answer = await (refreshToken === undefined
      ? signIn(client, settings)
      : // A refresh token can be revoked; the password is still there.
        refresh(client, settings, refreshToken).catch(() => signIn(client, settings)))
    const { IdToken, AccessToken, RefreshToken } = answer.AuthenticationResult ?? {}
    for (const secret of [IdToken, AccessToken, RefreshToken]) if (secret) onSecret?.(secret)
    refreshToken = RefreshToken ?? refreshToken
    return toIssued(answer, settings)
  })
}

function readSettings(env: Environment): CognitoSettings {
  const missing = Object.values(VARIABLES).filter((name) => !env[name])
  if (missing.length > 0) throw new RadixError('COGNITO_SETTINGS_MISSING', { variables: missing.join(', ') })
  const read = (name: string) => env[name] ?? ''
  const userPoolId = read(VARIABLES.userPoolId)
  if (!/^[a-z]{2}(-[a-z]+)+-\d_\w+$/.test(userPoolId)) {
    throw new RadixError('CONFIGURATION_INVALID', {
      setting: VARIABLES.userPoolId,
      value: userPoolId,
      reason: 'it is not the id of a user pool',
      expected: 'an id such as us-west-2_abc123',
    })
  }
  return {
    userPoolId,
    clientId: read(VARIABLES.clientId),
    username: read(VARIABLES.username),
    password: read(VARIABLES.password),
    clientSecret: env.RADIX_COGNITO_CLIENT_SECRET || undefined,
  }
}

function signIn(client: CognitoIdentityProviderClient, settings: CognitoSettings) {
  const { username, password } = settings
  return initiate(client, settings, 'ADMIN_USER_PASSWORD_AUTH', { USERNAME: username, PASSWORD: password })
}

function refresh(client: CognitoIdentityProviderClient, settings: CognitoSettings, token: string) {
  return initiate(client, settings, 'REFRESH_TOKEN_AUTH', { REFRESH_TOKEN: token })
}

async function initiate(
  client: CognitoIdentityProviderClient,
  settings: CognitoSettings,
  AuthFlow: 'ADMIN_USER_PASSWORD_AUTH' | 'REFRESH_TOKEN_AUTH',
  parameters: Record<string, string>,
): Promise<AdminInitiateAuthCommandOutput> {
  const { userPoolId: UserPoolId, clientId: ClientId } = settings
  const AuthParameters = { ...parameters, ...secretHash(settings) }
  try {
    return await client.send(new AdminInitiateAuthCommand({ UserPoolId, ClientId, AuthFlow, AuthParameters }))
  } catch (error) {
    throw explainRefusal(error, settings)
  }
}

/** https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash */
function secretHash({ clientSecret, username, clientId }: CognitoSettings): Record<string, string> {
  if (!clientSecret) return {}
  return {
    SECRET_HASH: createHmac('sha256', clientSecret)
      .update(username + clientId)
      .digest('base64'),
  }
}

function toIssued(
  { AuthenticationResult, ChallengeName }: AdminInitiateAuthCommandOutput,
  settings: CognitoSettings,
): IssuedToken {
  if (ChallengeName !== undefined) throw explainChallenge(ChallengeName, settings)
  const { IdToken: token, ExpiresIn: seconds = 3600 } = AuthenticationResult ?? {}
  if (!token) throw failed(settings, 'Cognito answered without an ID token')
  return { token, expiresAt: new Date(Date.now() + seconds * 1000) }
}

/** Cognito's challenges need a person. */
function explainChallenge(challenge: string, { userPoolId, username }: CognitoSettings): RadixError {
  const params = { username, user_pool_id: userPoolId }
  if (challenge === 'NEW_PASSWORD_REQUIRED') return new RadixError('COGNITO_NEW_PASSWORD_REQUIRED', params)
  return new RadixError('COGNITO_CHALLENGE', { ...params, challenge })
}

function explainRefusal(error: unknown, settings: CognitoSettings): RadixError {
  const { userPoolId, clientId, username } = settings
  const user = { username, user_pool_id: userPoolId }
  const client = { client_id: clientId, user_pool_id: userPoolId }
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  const options = { cause: error }
  switch (name) {
    case 'NotAuthorizedException':
      if (/disabled/i.test(message)) return new RadixError('COGNITO_USER_DISABLED', user, options)
      if (/secret/i.test(message)) return new RadixError('COGNITO_CLIENT_SECRET_WRONG', client, options)
      if (/attempts exceeded/i.test(message)) return failed(settings, `${name}: ${message}`, error)
      return new RadixError('COGNITO_PASSWORD_WRONG', user, options)
    case 'UserNotFoundException':
      return new RadixError('COGNITO_PASSWORD_WRONG', user, options)
    case 'UserNotConfirmedException':
      return new RadixError('COGNITO_USER_NOT_CONFIRMED', user, options)
    case 'PasswordResetRequiredException':
      return new RadixError('COGNITO_NEW_PASSWORD_REQUIRED', user, options)
    case 'ResourceNotFoundException':
      return new RadixError('COGNITO_POOL_NOT_FOUND', client, options)
    case 'InvalidParameterException':
      if (/flow/i.test(message)) return new RadixError('COGNITO_FLOW_DISABLED', client, options)
      return failed(settings, `${name}: ${message}`, error)
    case 'AccessDeniedException':
      return new RadixError('COGNITO_ACCESS_DENIED', { ...client, message }, options)
    case 'CredentialsProviderError':
    case 'ExpiredTokenException':
    case 'UnrecognizedClientException':
    case 'InvalidSignatureException':
      return new RadixError('AWS_CREDENTIALS_INVALID', { message: `${name}: ${message}` }, options)
    default:
      return failed(settings, `${name}: ${message}`, error)
  }
}

function failed({ userPoolId }: CognitoSettings, message: string, cause?: unknown): RadixError {
  return new RadixError('COGNITO_FAILED', { user_pool_id: userPoolId, message }, { cause })
}
