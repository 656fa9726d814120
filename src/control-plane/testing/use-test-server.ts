/** A control plane that all tests of a file (or of a `describe`) share: started before the first, closed after the last. */
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { startTestServer, type Tenant, type TestServer, type TestServerOptions } from './test-server.ts'

/** Both objects are empty until the tests start. Options that a `beforeAll` above makes come from a function. */
export function useTestServer(options: TestServerOptions | (() => TestServerOptions) = {}): {
  server: TestServer
  tenant: Tenant
} {
  const server = {} as TestServer
  const tenant = {} as Tenant
  let running: TestServer | undefined
  beforeAll(async () => {
    running = await startTestServer(typeof options === 'function' ? options() : options)
    Object.assign(server, running)
    Object.assign(tenant, await running.newTenant())
  })
  afterAll(() => running?.close())
  return { server, tenant }
}

/** A tenant of its own for each test. */
export function useTenantPerTest(server: TestServer): Tenant {
  const tenant = {} as Tenant
  beforeEach(async () => {
    Object.assign(tenant, await server.newTenant())
  })
  return tenant
}
