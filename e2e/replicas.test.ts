/** Two control planes on one database: the work of one survives its death. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type ControlPlaneClient, createClient } from '../src/contract/client.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/control-plane/store/embedded-postgres.ts'
import { databaseUrlOf } from '../src/control-plane/testing/database-url.ts'
import { silentLogger } from '../src/core/logger.ts'
import { type ControlPlane, startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { Sandbox } from './support/sandbox.ts'
import { createStandInWorkload } from './support/stand-in-workload.ts'

const WAIT = { timeout: 60_000, interval: 50 }

let sandbox: Sandbox
let postgres: EmbeddedPostgres
let balancer: LoadBalancer
const servers: ControlPlane[] = []

beforeEach(async () => {
  sandbox = await Sandbox.createUsed()
  postgres = await startEmbeddedPostgres(sandbox.dataDir, silentLogger)
  balancer = await LoadBalancer.start()
})
afterEach(async () => {
  for (const server of servers.splice(0)) await stopControlPlane(server)
  await balancer.close()
  await postgres.close()
  await sandbox.remove()
})

/** Each has its own disk; they share the database and the key of the issuer. */
async function startReplica(name: string): Promise<ControlPlane> {
  const dataDir = join(sandbox.directory, name)
  await mkdir(dataDir, { recursive: true, mode: 0o711 })
  const [first] = servers
  const issuerKey = join(sandbox.dataDir, 'issuer-key.pem')
  if (first) await copyFile(issuerKey, join(dataDir, 'issuer-key.pem'))
  const server = await startControlPlane(sandbox, 0, first ? ['--data-dir', dataDir] : [], {
    DATABASE_URL: databaseUrlOf(postgres.connection),
  })
  servers.push(server)
  return server
}

it.each(['SIGKILL', 'SIGTERM'] as const)(
  'takes over a benchmark from a server that ends by %s, and its job does not run twice',
  async (signal) => {
    const first = await startReplica('first')
    balancer.target = first.url
    const client: ControlPlaneClient = createClient({ baseUrl: balancer.url, credential: () => sandbox.mintToken() })
    const { cluster_id } = await client.call('createCluster', { body: { name: 'shared', type: 'local' } })
    const workload = await createStandInWorkload(sandbox.directory, { waits: true })
    await startAgent(client, cluster_id, workload.path)
    const body = { params: { allow_cpu: true }, trials: 2 }
    const { run_id } = await client.call('startBenchmark', { params: { cluster_id }, body })
    const readRun = () => client.call('getRun', { params: { run_id } })
    const readJobs = async () =>
      (await client.call('listJobs', { params: { cluster_id }, query: { run_id } })).items.toReversed()
    await expect.poll(async () => (await readJobs())[0]?.status, WAIT).toBe('running')

    const second = await startReplica('second')
    first.server.kill(signal)
    await first.server.finished
    balancer.target = second.url
    await workload.release()
    await expect.poll(async () => (await readRun()).status, WAIT).toBe('succeeded')
    expect(await readRun()).toMatchObject({ has_evidence: true, verdict: 'suspect' })
    expect((await readJobs()).map(({ status }) => status)).toEqual(['succeeded', 'succeeded'])
    const evidence = await client.call('getEvidence', { params: { run_id } })
    expect(evidence).toMatchObject({ results: { trials: [{ trial: 1 }, { trial: 2 }] } })
  },
)

async function startAgent(client: ControlPlaneClient, cluster_id: string, python: string): Promise<void> {
  const { one_time_token } = await client.call('createOnboardingToken', { params: { cluster_id } })
  const tokenFile = join(sandbox.directory, 'onboarding-token')
  await writeFile(tokenFile, one_time_token, { mode: 0o600 })
  const where = ['--api-base', balancer.url, '--cluster-id', cluster_id]
  sandbox.radix(
    ['agent', ...where, '--state-dir', join(sandbox.directory, 'agent'), '--onboarding-token-file', tokenFile],
    { RADIX_PYTHON: python },
  )
  const read = async () => (await client.call('getCluster', { params: { cluster_id } })).status
  await expect.poll(read, WAIT).toBe('active')
}

/** One address for both, as a load balancer gives them. */
class LoadBalancer {
  target = ''
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor() {
    this.#server = createServer((incoming) => {
      const { hostname, port } = new URL(this.target)
      const outgoing = connect(Number(port), hostname)
      for (const [from, to] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        this.#sockets.add(from)
        from.once('close', () => this.#sockets.delete(from) && to.destroy())
        from.on('error', () => {}) // `close` follows
        from.pipe(to)
      }
    })
  }

  static async start(): Promise<LoadBalancer> {
    const balancer = new LoadBalancer()
    await new Promise<void>((resolve) => balancer.#server.listen(0, '127.0.0.1', resolve))
    return balancer
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}
