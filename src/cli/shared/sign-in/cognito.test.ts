import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createCognitoTokenSource } from './cognito.ts'

const SETTINGS = {
  RADIX_COGNITO_USER_POOL_ID: 'us-west-2_abc123',
  RADIX_COGNITO_CLIENT_ID: 'client',
  RADIX_TEST_USERNAME: 'ci',
  RADIX_TEST_PASSWORD: 'password',
}

let server: Server
let asked: number
/** Answers of Cognito before the token, in order. */
let first: { status: number; type: string }[]

beforeEach(async () => {
  asked = 0
  first = []
  server = createServer((_, response) => {
    asked++
    const failure = first.shift()
    response.setHeader('content-type', 'application/x-amz-json-1.1')
    if (!failure) return void response.end(JSON.stringify({ AuthenticationResult: { IdToken: 'id-token' } }))
    const { status, type } = failure
    response.writeHead(status, { 'x-amzn-errortype': type }).end(JSON.stringify({ __type: type, message: 'busy' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  vi.stubEnv('AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER', `http://127.0.0.1:${port}`)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
})
afterEach(() => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  server.close()
})

it.each([
  { status: 400, type: 'TooManyRequestsException' },
  { status: 500, type: 'InternalErrorException' },
  { status: 503, type: 'ServiceUnavailable' },
])('a sign-in is retried when Cognito answers $status $type', async (failure) => {
  first = [failure, failure]
  expect(await createCognitoTokenSource(SETTINGS)()).toBe('id-token')
  expect(asked).toBe(3)
})

it('a refused sign-in is not retried', async () => {
  first = [{ status: 400, type: 'NotAuthorizedException' }]
  await expect(createCognitoTokenSource(SETTINGS)()).rejects.toMatchObject({ code: 'COGNITO_PASSWORD_WRONG' })
  expect(asked).toBe(1)
})
