/** Signing in without a local key: Cognito users of a pool with RS256, and GitHub jobs with their own tokens. */

import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  AdminDisableUserCommand,
  AdminInitiateAuthCommand,
  AssociateSoftwareTokenCommand,
  SetUserMFAPreferenceCommand,
  SetUserPoolMfaConfigCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createCognitoTokenSource } from '../src/cli/shared/sign-in/cognito.ts'
import { createClient } from '../src/contract/client.ts'
import { runRegistration } from '../src/contract/testing/new-objects.ts'
import { startTestGithub, type TestGithub } from '../src/control-plane/testing/github.ts'
import { refusalOf } from '../src/control-plane/testing/requests.ts'
import { deriveGithubRunId } from '../src/core/github-run.ts'
import { createUserPool, PASSWORD, type UserPool } from './support/cognito.ts'
import { describeWithMoto, type Moto, startMoto } from './support/moto.ts'
import { Sandbox } from './support/sandbox.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await Sandbox.create()
})
afterAll(() => sandbox.remove())
afterEach(() => void vi.unstubAllEnvs())

async function startServer(env: Record<string, string>): Promise<{ url: string; stop: () => Promise<void> }> {
  const server = sandbox.radix(['server', '--port', '0'], env)
  const [, url = ''] = await server.waitFor(/"url":"([^"]+)"/)
  return {
    url,
    async stop() {
      server.kill('SIGTERM')
      await server.finished
      for (const secret of [PASSWORD, 'eyJ']) expect(server.output()).not.toContain(secret)
    },
  }
}

describeWithMoto('a Cognito user', () => {
  let moto: Moto
  let pool: UserPool
  beforeAll(async () => {
    moto = await startMoto()
    pool = await createUserPool(moto)
    await pool.addUser('ci@example.com')
  })
  afterAll(() => moto.stop())

  const tokensOf = async (ClientId: string, username = 'ci@example.com') => {
    const AuthParameters = { USERNAME: username, PASSWORD }
    const request = { UserPoolId: pool.userPoolId, ClientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH' as const }
    const { AuthenticationResult = {} } = await pool.client.send(
      new AdminInitiateAuthCommand({ ...request, AuthParameters }),
    )
    return { id: AuthenticationResult.IdToken ?? '', access: AuthenticationResult.AccessToken ?? '' }
  }
  const callAt = (url: string, token: string) =>
    createClient({ baseUrl: url, credential: () => token }).call('createCluster', { body: { name: 'a' } })

  it('gets an ID token with the earlier script', async () => {
    const env = { ...process.env, ...moto.env, ...pool.env('ci@example.com'), RADIX_DATA_DIR: sandbox.directory }
    const script = join(import.meta.dirname, '..', 'scripts', 'get_ci_token.py')
    const { stdout } = await promisify(execFile)(script, [], { env })
    expect(decodeJwt(stdout)).toMatchObject({ token_use: 'id', aud: pool.clientIds.ci })
  })

  it('gets an ID token with `radix auth token`, and starts a run with it', async () => {
    const token = await sandbox.output(['auth', 'token'], { ...moto.env, ...pool.env('ci@example.com') })
    expect(decodeProtectedHeader(token).alg).toBe('RS256')
    expect(decodeJwt(token)).toMatchObject({ token_use: 'id', aud: pool.clientIds.ci })
    const server = await startServer(pool.serverEnv)
    expect(await callAt(server.url, token)).toMatchObject({ tenant_id: 'acme' })
    const env = { ...moto.env, ...pool.env('ci@example.com') }
    const listed = await sandbox.output(['cluster', 'list', '--json', '--api-base', server.url], {
      ...env,
      RADIX_DATA_DIR: `${sandbox.directory}/elsewhere`,
    })
    expect(listed).toContain('"tenant_id": "acme"')
    await server.stop()
  })

  it('of any client of the pool is accepted with the configured types of token', async () => {
    const [dashboard, ci] = [await tokensOf(pool.clientIds.dashboard), await tokensOf(pool.clientIds.ci)]
    const onlyId = await startServer(pool.serverEnv)
    expect(await callAt(onlyId.url, dashboard.id)).toMatchObject({ tenant_id: 'acme' })
    expect(await callAt(onlyId.url, ci.id)).toMatchObject({ tenant_id: 'acme' })
    const refused = await refusalOf(callAt(onlyId.url, ci.access))
    expect(refused).toMatchObject({ code: 'AUTH_TOKEN_INVALID', why: expect.stringContaining('Token use') })
    await onlyId.stop()
    // Access tokens carry no attributes: the tenant must be set for the whole pool.
    const both = { ...pool.serverEnv, RADIX_COGNITO_TOKEN_USE: 'id,access', RADIX_TENANT: 'everybody' }
    const server = await startServer(both)
    expect(await callAt(server.url, ci.access)).toMatchObject({ tenant_id: 'everybody' })
    expect(await callAt(server.url, ci.id)).toMatchObject({ tenant_id: 'everybody' })
    await server.stop()
    const onlyDashboard = await startServer({ ...pool.serverEnv, RADIX_COGNITO_CLIENT_ID: pool.clientIds.dashboard })
    expect(await refusalOf(callAt(onlyDashboard.url, ci.id))).toMatchObject({
      code: 'AUTH_TOKEN_INVALID',
      why: expect.stringContaining('Client ID'),
    })
    await onlyDashboard.stop()
  })

  it('without a tenant is refused with that reason', async () => {
    await pool.addUser('nobody@example.com', { tenant: '' })
    const server = await startServer(pool.serverEnv)
    const { id } = await tokensOf(pool.clientIds.ci, 'nobody@example.com')
    expect(await refusalOf(callAt(server.url, id))).toMatchObject({ code: 'AUTH_NO_TENANT' })
    await server.stop()
  })

  const tokenWith = (changes: Record<string, string>, username = 'ci@example.com') => {
    for (const [name, value] of Object.entries(moto.env)) vi.stubEnv(name, value)
    return async () => createCognitoTokenSource({ ...pool.env(username), ...changes })()
  }

  it('stays signed in during a long run with the refresh token', async () => {
    const getToken = createCognitoTokenSourceAt(await recordActions(moto))
    const source = getToken()
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      const first = await source()
      expect(await source()).toBe(first)
      vi.setSystemTime(Date.now() + 55 * 60_000)
      expect(await source()).not.toBe(first)
    } finally {
      vi.useRealTimers()
    }
    expect(actions).toEqual(['ADMIN_USER_PASSWORD_AUTH', 'REFRESH_TOKEN_AUTH'])
  })

  it.each([
    ['with a wrong password', { RADIX_TEST_PASSWORD: 'wrong' }, 'COGNITO_PASSWORD_WRONG', ''],
    ['that does not exist', { RADIX_TEST_USERNAME: 'x@example.com' }, 'COGNITO_PASSWORD_WRONG', ''],
    ['of a pool that does not exist', { RADIX_COGNITO_USER_POOL_ID: 'us-west-2_none' }, 'COGNITO_POOL_NOT_FOUND', ''],
    ['of a client that does not exist', { RADIX_COGNITO_CLIENT_ID: 'none' }, 'COGNITO_POOL_NOT_FOUND', ''],
    ['of an invalid pool id', { RADIX_COGNITO_USER_POOL_ID: 'pool' }, 'CONFIGURATION_INVALID', ''],
    ['without a password', { RADIX_TEST_PASSWORD: '' }, 'COGNITO_SETTINGS_MISSING', 'RADIX_TEST_PASSWORD'],
  ])('%s is refused with the cause', async (_, changes, code, words) => {
    const error = await refusalOf(tokenWith(changes)())
    expect(error.code).toBe(code)
    expect(error.message + error.fix).not.toContain(PASSWORD)
    expect(error.why).toContain(words)
  })

  it('that is disabled, or has a temporary password or a second factor, gets the fix', async () => {
    await pool.addUser('disabled@example.com')
    const user = { UserPoolId: pool.userPoolId, Username: 'disabled@example.com' }
    await pool.client.send(new AdminDisableUserCommand(user))
    expect(await refusalOf(tokenWith({}, 'disabled@example.com')())).toMatchObject({ code: 'COGNITO_USER_DISABLED' })

    await pool.addUser('new@example.com', { temporary: true })
    const isNew = await refusalOf(tokenWith({}, 'new@example.com')())
    expect(isNew).toMatchObject({ code: 'COGNITO_NEW_PASSWORD_REQUIRED', fix: expect.stringContaining('--permanent') })

    await pool.addUser('mfa@example.com')
    await addSecondFactor('mfa@example.com')
    const challenged = await refusalOf(tokenWith({}, 'mfa@example.com')())
    expect(challenged).toMatchObject({ code: 'COGNITO_CHALLENGE', why: expect.stringContaining('SOFTWARE_TOKEN_MFA') })
  })

  async function addSecondFactor(username: string): Promise<void> {
    const { access: AccessToken } = await tokensOf(pool.clientIds.ci, username)
    await pool.client.send(
      new SetUserPoolMfaConfigCommand({
        UserPoolId: pool.userPoolId,
        SoftwareTokenMfaConfiguration: { Enabled: true },
        MfaConfiguration: 'OPTIONAL',
      }),
    )
    await pool.client.send(new AssociateSoftwareTokenCommand({ AccessToken }))
    await pool.client.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode: '123456' }))
    const SoftwareTokenMfaSettings = { Enabled: true, PreferredMfa: true }
    await pool.client.send(new SetUserMFAPreferenceCommand({ AccessToken, SoftwareTokenMfaSettings }))
  }

  /** Flows of the sign-ins so far. */
  let actions: string[] = []
  let recorder: Server | undefined
  afterEach(() => void recorder?.close())

  /** Passes everything on to moto, and records the flow of each sign-in. */
  async function recordActions({ url }: Moto): Promise<string> {
    actions = []
    recorder = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const body = Buffer.concat(chunks)
      actions.push(JSON.parse(body.toString()).AuthFlow)
      const headers = Object.entries(request.headers).flatMap(([name, value]) =>
        typeof value === 'string' && !['host', 'connection', 'content-length'].includes(name) ? [[name, value]] : [],
      )
      const answer = await fetch(url + request.url, { method: 'POST', headers: Object.fromEntries(headers), body })
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
      response.end(await answer.text())
    })
    await new Promise<void>((resolve) => recorder?.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(recorder.address() as AddressInfo).port}`
  }

  function createCognitoTokenSourceAt(endpoint: string) {
    for (const [name, value] of Object.entries({ ...moto.env, AWS_ENDPOINT_URL: endpoint })) vi.stubEnv(name, value)
    return () => createCognitoTokenSource(pool.env('ci@example.com'))
  }
})

describe('requests that Cognito refuses and moto does not', () => {
  let cognito: Server | undefined
  afterEach(() => void cognito?.close())

  it.each([
    ['InvalidParameterException', 'Auth flow not enabled for this client', 'COGNITO_FLOW_DISABLED'],
    [
      'AccessDeniedException',
      'User: arn:aws:sts::1:assumed-role/x is not authorized to perform: cognito-idp:AdminInitiateAuth',
      'COGNITO_ACCESS_DENIED',
    ],
    [
      'NotAuthorizedException',
      'Client 1 is configured with secret but SECRET_HASH was not received',
      'COGNITO_CLIENT_SECRET_WRONG',
    ],
    ['NotAuthorizedException', 'Incorrect username or password.', 'COGNITO_PASSWORD_WRONG'],
    ['NotAuthorizedException', 'Password attempts exceeded', 'COGNITO_FAILED'],
    ['UserNotConfirmedException', 'User is not confirmed.', 'COGNITO_USER_NOT_CONFIRMED'],
    ['PasswordResetRequiredException', 'Password reset required for the user', 'COGNITO_NEW_PASSWORD_REQUIRED'],
    ['ExpiredTokenException', 'The security token included in the request is expired', 'AWS_CREDENTIALS_INVALID'],
    ['UserLambdaValidationException', 'PreAuthentication failed', 'COGNITO_FAILED'],
  ])('%s (%s) is %s', async (name, message, code) => {
    cognito = createServer((request, response) => {
      request.resume()
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': name })
      response.end(JSON.stringify({ __type: name, message }))
    })
    await new Promise<void>((resolve) => cognito?.listen(0, '127.0.0.1', resolve))
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(cognito.address() as AddressInfo).port}`)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'testing')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'testing')
    const source = createCognitoTokenSource({
      RADIX_COGNITO_USER_POOL_ID: 'us-west-2_abc123',
      RADIX_COGNITO_CLIENT_ID: 'client',
      RADIX_TEST_USERNAME: 'ci@example.com',
      RADIX_TEST_PASSWORD: PASSWORD,
    })
    const error = await refusalOf(source())
    expect(error.code).toBe(code)
    expect(error.message + error.why + error.fix).not.toContain(PASSWORD)
  })
})

describe('a job of GitHub', () => {
  let github: TestGithub
  let tokens: Server
  let env: Record<string, string>
  /** Requested audiences. */
  let asked: string[] = []
  beforeAll(async () => {
    github = await startTestGithub()
    tokens = createServer(async (request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://x')
      if (request.headers.authorization !== 'Bearer request-secret') return response.writeHead(401).end()
      asked.push(searchParams.get('audience') ?? '')
      response.end(JSON.stringify({ value: await github.sign({ aud: searchParams.get('audience') }) }))
    })
    await new Promise<void>((resolve) => tokens.listen(0, '127.0.0.1', resolve))
    env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-secret',
      RADIX_DATA_DIR: `${sandbox.directory}/job`,
    }
  })
  afterAll(async () => {
    tokens.close()
    await github.close()
  })

  const grantsOf = () =>
    JSON.stringify(
      github.config.grants.map((grant) => ({
        tenant: grant.tenant,
        repository_id: grant.repositoryId,
        repository_owner_id: grant.repositoryOwnerId,
        workflow_refs: grant.workflowRefs,
        events: grant.events,
        refs: grant.refs,
      })),
    )
  const serverEnv = () => ({
    RADIX_GITHUB_ISSUER: github.config.issuer,
    RADIX_GITHUB_GRANTS: grantsOf(),
    RADIX_GITHUB_AUDIENCE: 'https://radix.example.com',
  })

  it('gets the token of its run without a stored secret', async () => {
    const server = await startServer(serverEnv())
    asked = []
    const job = { ...env, RADIX_GITHUB_AUDIENCE: 'https://radix.example.com' }
    const token = await sandbox.output(['auth', 'token', '--api-base', server.url, '--run-key', 'a10g'], job)
    expect(token).toMatch(/^radix_rt_/)
    expect(asked).toEqual(['https://radix.example.com'])
    const client = createClient({ baseUrl: server.url, credential: () => token })
    const run_id = deriveGithubRunId({ repositoryId: '74', runId: '1001', runAttempt: '1', key: 'a10g' })
    expect(await client.call('registerRun', { body: runRegistration({ run_id }) })).toMatchObject({ tenant_id: 'acme' })
    const asApiBase = await sandbox.run(['auth', 'token', '--api-base', server.url, '--source', 'github'], env)
    expect(asApiBase.stderr).toContain('AUTH_TOKEN_INVALID')
    expect(asApiBase.exitCode).toBe(4)
    await server.stop()
  })

  it('without permission for a token gets the name of that permission', async () => {
    const refused = { ...env, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'wrong' }
    const finished = await sandbox.run(['auth', 'token', '--api-base', 'http://127.0.0.1:9'], refused)
    expect(finished.stderr).toContain('GITHUB_TOKEN_UNAVAILABLE')
    expect(finished.stderr).toContain('id-token: write')
    expect(finished.exitCode).toBe(4)
  })

  describeWithMoto('when the control plane accepts no GitHub tokens', () => {
    it('signs in through Cognito', async () => {
      const moto = await startMoto()
      const pool = await createUserPool(moto)
      await pool.addUser('ci@example.com')
      const server = await startServer(pool.serverEnv)
      const job = { ...env, ...moto.env, ...pool.env('ci@example.com') }
      const token = await sandbox.output(['auth', 'token', '--api-base', server.url], job)
      expect(decodeJwt(token)).toMatchObject({ aud: pool.clientIds.ci })
      await server.stop()
      await moto.stop()
    })
  })
})
