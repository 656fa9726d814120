/**
 * Everything that a run touches, with a control plane that is real and machines that are not. Processes of the harness
 * come and go in it: each has effects on the world through gates, at which a test can make it fail or die.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { createEvidenceWriter } from '../../src/cli/bench/evidence-writer.ts'
import { type ControlPlaneClient, createClient } from '../../src/contract/client.ts'
import { ROUTES, type RouteName } from '../../src/contract/routes.ts'
import type { Tenant, TestServer } from '../../src/control-plane/testing/test-server.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { ABSENT, found } from '../../src/core/lookup.ts'
import { isFinal, JOB_TRANSITIONS, RUN_TRANSITIONS } from '../../src/core/transitions.ts'
import { RadixError } from '../../src/errors/radix-error.ts'
import { testSigningKey } from '../../src/evidence/testing/signing-key.ts'
import type { RunConfigInput } from '../../src/harness/config.ts'
import type { JournalEntry } from '../../src/harness/journal/entry.ts'
import { type HeldRun, openRunStore, type RunStore } from '../../src/harness/journal/run-store.ts'
import type { HarnessPorts } from '../../src/harness/ports.ts'
import { FakeCloud } from '../../src/providers/fake/fake-provider.ts'
import type { Provider } from '../../src/providers/provider.ts'
import type { ProcessRegistry } from '../../src/system/lock-file.ts'
import { Gates } from './gates.ts'
import { JumpClock } from './jump-clock.ts'
import { startTinyAgent, type TinyAgent } from './tiny-agent.ts'

export class World {
  readonly clock = new JumpClock()
  readonly cloud: FakeCloud
  readonly agents: TinyAgent[] = []
  /** Entries of journals that find the disk full. */
  diskIsFullFor: (entry: JournalEntry) => boolean = () => false
  readonly directory: string
  readonly #server: TestServer
  readonly #tenant: Tenant
  readonly #createProvider: () => Provider
  readonly #dead = new Set<number>()
  #processes = 0

  private constructor(server: TestServer, tenant: Tenant, directory: string, createProvider?: () => Provider) {
    this.#server = server
    this.#tenant = tenant
    this.directory = directory
    this.cloud = new FakeCloud({
      clock: this.clock,
      boot: (request, onboardingToken) => {
        const agent = startTinyAgent(request, onboardingToken)
        this.agents.push(agent)
        return agent
      },
    })
    this.#createProvider = createProvider ?? (() => this.cloud.createProvider())
  }

  /** `createProvider`: of machines that are elsewhere; then the cloud stays empty. */
  static async create(server: TestServer, createProvider?: () => Provider): Promise<World> {
    const directory = await mkdtemp(join(tmpdir(), 'radix-world-'))
    return new World(server, await server.newTenant(), directory, createProvider)
  }

  get client(): ControlPlaneClient {
    return this.#tenant.client
  }

  config(changes: Partial<RunConfigInput> = {}): RunConfigInput {
    return {
      provider: 'fake',
      params: { allow_cpu: true },
      trials: 2,
      apiBase: this.#server.url,
      dataDir: this.directory,
      outputDirectory: join(this.directory, 'evidence'),
      ...changes,
    }
  }

  /** The ports of a process of the harness that is started now; it dies when a gate says so. */
  startProcess(gates = new Gates()): HarnessPorts {
    const pid = ++this.#processes
    gates.onDeath = () => this.#dead.add(pid)
    const registry: ProcessRegistry = {
      self: () => ({ pid, startTime: 'once' }),
      find: (identity) => (this.#dead.has(identity.pid) ? ABSENT : found(identity)),
    }
    const evidenceWriter = createEvidenceWriter(async () => testSigningKey(), this.clock)
    return {
      createClient: (baseUrl, credential) => gateClient(createClient({ baseUrl, credential }), gates),
      tokenSource: () => gates.pass('token', async () => this.#tenant.token),
      provider: gateProvider(this.#createProvider(), gates),
      evidenceWriter: {
        ...evidenceWriter,
        write: (facts, directory) => gates.pass('evidence', () => evidenceWriter.write(facts, directory)),
      },
      clock: this.clock,
      logger: silentLogger,
      openStore: (dataDir) => gateStore(openRunStore(dataDir, registry), gates, (entry) => this.diskIsFullFor(entry)),
    }
  }

  /** No machine, no secret, no cluster that could take work, no job under way, no run that has not ended. */
  async expectNothingLeft(): Promise<void> {
    expect(this.cloud.livingMachines).toEqual([])
    expect(this.cloud.secretCount).toBe(0)
    const { db } = this.#server
    const { tenantId } = this.#tenant
    const clusters = db.selectFrom('clusters').select(['name', 'status']).where('tenant_id', '=', tenantId)
    expect(await clusters.where('archived_at', 'is', null).execute(), 'clusters').toEqual([])
    const jobs = db
      .selectFrom('jobs as job')
      .innerJoin('clusters as cluster', 'cluster.cluster_id', 'job.cluster_id')
      .select(['job.job_id', 'job.status'])
      .where('cluster.tenant_id', '=', tenantId)
    const unfinished = (await jobs.execute()).filter(({ status }) => !isFinal(JOB_TRANSITIONS, status))
    expect(unfinished, 'jobs under way').toEqual([])
    const runs = await db.selectFrom('runs').select(['run_id', 'status']).where('tenant_id', '=', tenantId).execute()
    const open = runs.filter(({ status }) => !isFinal(RUN_TRANSITIONS, status))
    expect(open, 'runs that have not ended').toEqual([])
    const tokens = await db
      .selectFrom('onboarding_tokens as token')
      .innerJoin('clusters as cluster', 'cluster.cluster_id', 'token.cluster_id')
      .select('token.cluster_id')
      .where('cluster.tenant_id', '=', tenantId)
      .where('token.used_at', 'is', null)
      .where('token.revoked_at', 'is', null)
      .where('token.expires_at', '>', new Date())
      .where('cluster.archived_at', 'is', null)
      .execute()
    expect(tokens, 'live onboarding tokens').toEqual([])
  }

  async listJobs() {
    const { items: clusters } = await this.client.call('listClusters', { query: { status: 'archived', limit: 200 } })
    const lists = clusters.map(({ cluster_id }) =>
      this.client.call('listJobs', { params: { cluster_id }, query: { limit: 200 } }),
    )
    return (await Promise.all(lists)).flatMap(({ items }) => items)
  }

  async close(): Promise<void> {
    for (const agent of this.agents) await agent.stop()
    await rm(this.directory, { recursive: true })
  }
}

/** Requests that change something; an error is one that a client has after all its retries. */
function gateClient(client: ControlPlaneClient, gates: Gates): ControlPlaneClient {
  const unreachable = () =>
    new RadixError('API_UNREACHABLE', { api_base: client.baseUrl, reason: 'the connection was cut by the test' })
  return {
    baseUrl: client.baseUrl,
    call: (name, request, options) => {
      if (ROUTES[name].method === 'GET') return gates.live(() => client.call(name, request, options))
      return gates.pass(describeCall(name, request), () => client.call(name, request, options), unreachable)
    },
    open: (name, request, options) => gates.live(() => client.open(name, request, options)),
  }
}

/** Reports in the background come when they come: only a run's last one is a point of its own. */
function describeCall(name: RouteName, request: unknown): string {
  const body = typeof request === 'object' && request && 'body' in request ? request.body : undefined
  const status = typeof body === 'object' && body && 'status' in body ? body.status : undefined
  if (name === 'updateRun') return status === 'running' || status === undefined ? 'api report' : 'api endRun'
  const key =
    typeof request === 'object' && request && 'idempotencyKey' in request ? String(request.idempotencyKey) : ''
  const trial = /trial-\d+$/.exec(key)?.[0]
  return trial ? `api ${name} ${trial}` : `api ${name}`
}

function gateProvider(provider: Provider, gates: Gates): Provider {
  return {
    name: provider.name,
    launchesMachines: provider.launchesMachines,
    settleMs: provider.settleMs,
    listPlacements: (...args) => gates.pass('provider listPlacements', () => provider.listPlacements(...args)),
    quote: (...args) => gates.pass('provider quote', () => provider.quote(...args)),
    preflight: (...args) => gates.pass('provider preflight', () => provider.preflight(...args)),
    storeSecret: (...args) => gates.pass('provider storeSecret', () => provider.storeSecret(...args)),
    deleteSecrets: (...args) => gates.pass('provider deleteSecrets', () => provider.deleteSecrets(...args)),
    launch: (...args) => gates.pass('provider launch', () => provider.launch(...args)),
    describe: (...args) => gates.pass('provider describe', () => provider.describe(...args)),
    findByRun: (...args) => gates.pass('provider findByRun', () => provider.findByRun(...args)),
    terminate: (...args) => gates.pass('provider terminate', () => provider.terminate(...args)),
    readBootPhase: (...args) => gates.live(() => provider.readBootPhase(...args)),
    findBootCause: (...args) => gates.live(() => provider.findBootCause(...args)),
    readLog: (...args) => gates.live(() => provider.readLog(...args)),
  }
}

type IsFullFor = (entry: JournalEntry) => boolean

function gateStore(store: RunStore, gates: Gates, isFullFor: IsFullFor): RunStore {
  return { ...store, open: (runId, options) => gateFiles(store.open(runId, options), gates, isFullFor) }
}

function gateFiles(files: HeldRun, gates: Gates, isFullFor: IsFullFor): HeldRun {
  return {
    read: () => files.read(),
    append: (entry) => {
      if (isFullFor(entry)) throw new RadixError('DISK_FULL', { path: 'journal.jsonl' })
      const what = 'step' in entry ? entry.step : 'facts' in entry ? Object.keys(entry.facts).join('+') : ''
      const status = 'status' in entry ? entry.status : ''
      gates.passSync(`journal ${entry.type} ${what} ${status}`.trim(), () => files.append(entry))
    },
    setJournalAside: () => files.setJournalAside(),
    readFacts: () => files.readFacts(),
    writeFacts: (text) => gates.pass('journal facts', () => files.writeFacts(text)),
    // A process that died releases nothing: its lock is found to be stale.
    close: () => {
      if (gates.alive) files.close()
    },
  }
}
