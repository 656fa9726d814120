/** The control plane as a whole: what it serves besides its routes, and how it starts and ends. */
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { sql } from 'kysely'
import pino from 'pino'
import { describe, expect, it } from 'vitest'
import { createClient } from '../contract/client.ts'
import { ROUTES } from '../contract/routes.ts'
import { readServerRecord } from './data-directory.ts'
import { buildOpenApiDocument } from './openapi.ts'
import { startServer } from './server.ts'
import { readProblem, refusalOf } from './testing/requests.ts'
import {
  findProcessesNaming,
  newUsedDataDirectory,
  removeDataDirectory,
  startTestServer,
} from './testing/test-server.ts'
import { useTestServer } from './testing/use-test-server.ts'

const OPTIONS = {
  databaseUrl: undefined,
  host: '127.0.0.1',
  port: 0,
  issuers: [],
  localIssuer: true,
  rateLimitPerMinute: 1000,
  signingKeyPem: undefined,
  trustedSigningKeys: [],
  logger: pino({ level: 'silent' }),
}

describe('a running server', () => {
  const { server } = useTestServer()

  const get = async (path: string) => (await fetch(server.url + path)).text()

  it('describes every route, with and without a server', async () => {
    const document = JSON.parse(await get('/openapi.json'))
    expect(document.openapi).toBe('3.1.0')
    const operations = Object.values<Record<string, { operationId: string }>>(document.paths)
      .flatMap((path) => Object.values(path))
      .map(({ operationId }) => operationId)
    expect(operations.toSorted()).toEqual(Object.keys(ROUTES).toSorted())
    expect(await buildOpenApiDocument()).toEqual(document)
  })

  it('shows its routes on a page without external resources', async () => {
    const page = await get('/docs')
    for (const { path } of Object.values(ROUTES)) expect(page).toContain(path)
    expect(page).not.toMatch(/<script|https?:\/\//)
  })

  it('publishes the key of its own issuer, and metrics without tenants, clusters or paths of callers', async () => {
    expect(JSON.parse(await get('/.well-known/jwks.json'))).toEqual(server.issuer.jwks)
    const tenant = await server.newTenant()
    const { clusterId } = await server.onboard(tenant)
    await get('/v1/somewhere/private')
    const metrics = await get('/metrics')
    expect(metrics).toContain('radix_http_request_seconds_bucket')
    expect(metrics).toContain('route="/v1/clusters/:cluster_id/onboarding-token"')
    expect(metrics).not.toMatch(new RegExp(`${clusterId}|${tenant.tenantId}|private`))
  })

  it('publishes its address while it runs', async () => {
    expect(await readServerRecord(server.dataDir)).toMatchObject({ pid: process.pid, url: server.url })
  })

  it('is alive but not ready while its database is down, and serves again once it is back', async () => {
    await sql`alter table radix_migrations rename to away`.execute(server.db)
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    expect(await readProblem(await fetch(`${server.url}/readyz`))).toMatchObject({ status: 503, code: 'UNAVAILABLE' })
    await sql`alter table away rename to radix_migrations`.execute(server.db)
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
  })
})

describe('a server that ends', () => {
  it('ends its open requests; closing again changes nothing', async () => {
    const first = await startTestServer({ settings: { pollRecheckMs: 600_000 } })
    const tenant = await first.newTenant()
    const { clusterId: cluster_id, clusterToken } = await first.onboard(tenant)
    const second = await first.startReplica()
    const agent = createClient({ baseUrl: second.url, credential: () => clusterToken })
    const poll = agent.call('pollJobs', { params: { cluster_id }, body: { wait_seconds: 60 } }, { timeoutMs: 70_000 })
    const refusal = refusalOf(poll)
    const readMetrics = async () => (await fetch(`${second.url}/metrics`)).text()
    await expect.poll(readMetrics).toContain('radix_waiting_polls 1')
    await second.close()
    expect(await refusal).toMatchObject({ code: 'API_UNREACHABLE' })
    await second.close()
    await expect(fetch(`${second.url}/healthz`)).rejects.toThrow()
    await first.close()
  })
})

describe('a server that cannot start', () => {
  it('because its port is in use leaves no database and no lock', async () => {
    const dataDir = await newUsedDataDirectory()
    const blocker = createServer()
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
    const { port } = blocker.address() as AddressInfo
    const error = await refusalOf(startServer({ ...OPTIONS, dataDir, port }))
    expect(error).toMatchObject({ code: 'PORT_IN_USE', why: expect.stringContaining(`127.0.0.1:${port}`) })
    expect(await findProcessesNaming(join(dataDir, 'postgres'))).toEqual([])
    const second = await startServer({ ...OPTIONS, dataDir })
    await second.close()
    blocker.close()
    await removeDataDirectory(dataDir)
  })
})
