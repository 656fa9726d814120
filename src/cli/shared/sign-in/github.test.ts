import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../../core/clock.ts'
import { createGithubTokenSource } from './github.ts'

/** GitHub's endpoint and the control plane in one. */
let server: Server
let url: string
/** Answers of GitHub before the token, in order. */
let first: number[]
let asked: { path: string; authorization: string | undefined }[]

beforeEach(async () => {
  first = []
  asked = []
  server = createServer((request, response) => {
    const { url: path = '', headers } = request
    asked.push({ path, authorization: headers.authorization })
    response.setHeader('content-type', 'application/json')
    if (path.startsWith('/github')) {
      const status = first.shift()
      if (status !== undefined) return void response.writeHead(status, { location: `${url}/elsewhere` }).end()
      return void response.end(JSON.stringify({ value: 'github-token' }))
    }
    response.end(
      JSON.stringify({ token: 'run-token', tenant_id: 'acme', run_id: 'run_1', expires_at: '2099-01-01T00:00:00Z' }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

function newSource() {
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/github?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-secret',
  }
  return createGithubTokenSource({ env, apiBase: url, key: 'a', clock: { ...systemClock, sleep: async () => {} } })
}

const pathsAsked = () => asked.map(({ path }) => path.split('?')[0])

it.each([429, 500, 503])('is requested again when GitHub answers %d', async (status) => {
  first = [status]
  expect(await newSource()()).toBe('run-token')
  expect(pathsAsked().filter((path) => path === '/github')).toHaveLength(2)
})

it('fails with the reason when GitHub stays busy, after a bounded number of requests', async () => {
  first = Array(100).fill(503)
  await expect(newSource()()).rejects.toMatchObject({
    code: 'GITHUB_TOKEN_UNAVAILABLE',
    why: expect.stringContaining('503'),
  })
  expect(asked).toHaveLength(6)
})

it('is not requested again when GitHub refuses it', async () => {
  first = [403]
  await expect(newSource()()).rejects.toMatchObject({ code: 'GITHUB_TOKEN_UNAVAILABLE' })
  expect(asked).toHaveLength(1)
})

it('sends the request token only to GitHub', async () => {
  first = [307]
  await expect(newSource()()).rejects.toMatchObject({ code: 'GITHUB_TOKEN_UNAVAILABLE' })
  expect(pathsAsked()).toEqual(['/github'])
})
