/** A control plane to measure: `radix server` in a process of its own, on its embedded PostgreSQL, both ended after. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedServer } from '../src/cli/shared/embedded-server.ts'
import { type ControlPlaneClient, createClient } from '../src/contract/client.ts'
import { openLocalIssuer } from '../src/control-plane/auth/local-issuer.ts'
import { embeddedConnectionOf } from '../src/control-plane/store/embedded-postgres.ts'

export interface BenchAgent {
  clusterId: string
  clusterToken: string
  /** Address of its cluster. */
  cluster: string
}

export interface BenchControlPlane {
  /** A database beside the control plane's own, on the same PostgreSQL: for what it is compared to. */
  otherDatabase: pg.ClientConfig
  userToken: string
  onboard(): Promise<BenchAgent>
}

export async function withControlPlane<T>(use: (controlPlane: BenchControlPlane) => Promise<T>): Promise<T> {
  const dataDir = await createDataDirectory()
  process.env.RADIX_RATE_LIMIT_PER_MINUTE = '999999999'
  process.env.RADIX_LOG_LEVEL = 'warn'
  const server = await startEmbeddedServer(dataDir)
  try {
    const issuer = await openLocalIssuer(dataDir)
    const userToken = await issuer.mintToken({ subject: 'bench', tenantId: 'bench', ttlSeconds: 3600 })
    const user = clientOf(server.url, userToken)
    const otherDatabase = await createOtherDatabase(embeddedConnectionOf(dataDir))
    return await use({ otherDatabase, userToken, onboard: () => onboard(user) })
  } finally {
    await server.close()
    await rm(dataDir, { recursive: true })
  }
}

/** A folder that the database's own user may pass through, as the real data directory is. */
export async function createDataDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'radix-bench-'))
  await chmod(directory, 0o711)
  return directory
}

function clientOf(baseUrl: string, credential: string): ControlPlaneClient {
  return createClient({ baseUrl, credential: () => credential })
}

async function onboard(user: ControlPlaneClient): Promise<BenchAgent> {
  const { cluster_id } = await user.call('createCluster', { body: { name: 'bench', type: 'local' } })
  const params = { cluster_id }
  const { one_time_token } = await user.call('createOnboardingToken', { params })
  const onboarding = clientOf(user.baseUrl, one_time_token)
  const { cluster_token } = await onboarding.call('exchangeOnboardingToken', { params, body: {} })
  return {
    clusterId: cluster_id,
    clusterToken: cluster_token,
    cluster: `${user.baseUrl}/v1/clusters/${cluster_id}`,
  }
}

async function createOtherDatabase(connection: pg.ClientConfig): Promise<pg.ClientConfig> {
  const client = new pg.Client(connection)
  await client.connect()
  await client.query('create database bench')
  await client.end()
  return { ...connection, database: 'bench' }
}
