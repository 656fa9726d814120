/** The ports of a process of the harness. Each of its effects on the world passes a gate. */
import type { ControlPlaneClient } from '../../contract/client.ts'
import { ROUTES, type RouteName } from '../../contract/routes.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { Provider } from '../../providers/provider.ts'
import type { JournalEntry } from '../journal/entry.ts'
import type { HeldRun, RunStore } from '../journal/run-store.ts'
import type { Gates } from './gates.ts'

/** Requests that change something. An error here is one after all retries of the client. */
export function gateClient(client: ControlPlaneClient, gates: Gates): ControlPlaneClient {
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

/** Background reports arrive in no fixed order: only the last one of a run is a point of its own. */
function describeCall(name: RouteName, request: unknown): string {
  const body = typeof request === 'object' && request && 'body' in request ? request.body : undefined
  const status = typeof body === 'object' && body && 'status' in body ? body.status : undefined
  if (name === 'updateRun') return status === 'running' || status === undefined ? 'api report' : 'api endRun'
  const key =
    typeof request === 'object' && request && 'idempotencyKey' in request ? String(request.idempotencyKey) : ''
  const trial = /trial-\d+$/.exec(key)?.[0]
  return trial ? `api ${name} ${trial}` : `api ${name}`
}

export function gateProvider(provider: Provider, gates: Gates): Provider {
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

export function gateStore(store: RunStore, gates: Gates, isFullFor: IsFullFor): RunStore {
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
    // A dead process releases nothing: its lock becomes stale.
    close: () => {
      if (gates.alive) files.close()
    },
  }
}
