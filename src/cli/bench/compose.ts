/** The harness's ports for this machine: control plane, token, provider, evidence writer. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createClient } from '../../contract/client.ts'
import { readServerRecord } from '../../control-plane/data-directory.ts'
import { systemClock } from '../../core/clock.ts'
import { machinesDirectory } from '../../core/directories.ts'
import { silentLogger } from '../../core/logger.ts'
import { VERSION } from '../../core/version.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import type { RunConfig } from '../../harness/config.ts'
import { EMBEDDED_API_BASE } from '../../harness/config.ts'
import type { RunFacts } from '../../harness/journal/entry.ts'
import type { HarnessPorts } from '../../harness/ports.ts'
import type { Provider } from '../../providers/provider.ts'
import { createLocalTokenSource, findTokenSource, type TokenSource } from '../shared/connection.ts'
import { type EmbeddedServer, startEmbeddedServer } from '../shared/embedded-server.ts'
import { evidenceWriter } from './evidence-writer.ts'

export interface ComposedHarness {
  ports: HarnessPorts
  /** What `RunConfig.apiBase` takes: an address, or `embedded`. */
  apiBase: string
  dataDir: string
  /** Stops what was started for this command. */
  close(): Promise<void>
}

export interface ComposeOptions {
  provider: RunConfig['provider']
  dataDir: string
  /** Absent: the control plane of the data directory, which is started for this command if it does not run. */
  apiBase: string | undefined
  /** Where a control plane that is started for this command is to be, if it can. */
  port?: number | undefined
}

const ROOT = join(import.meta.dirname, '..', '..', '..')
const PROGRAM = join(ROOT, 'src', 'cli', 'main.ts')

export async function composeHarness({ provider, dataDir, apiBase, port }: ComposeOptions): Promise<ComposedHarness> {
  const ports = { provider: await createProvider(provider, dataDir), commit: await readCommit() }
  const controlPlane = apiBase ? await useGiven(apiBase, dataDir) : await useEmbedded(dataDir, port)
  return {
    ports: {
      ...ports,
      createClient: (address, credential) =>
        createClient({
          baseUrl: address === EMBEDDED_API_BASE ? controlPlane.url : address,
          credential,
          userAgent: `radix/${VERSION}`,
        }),
      tokenSource: controlPlane.tokenSource,
      evidenceWriter,
      clock: systemClock,
      logger: silentLogger,
    },
    apiBase: apiBase ?? EMBEDDED_API_BASE,
    dataDir,
    close: controlPlane.close,
  }
}

/** The same harness as a run had that was started before. */
export function composeForRun({ provider, dataDir, apiBase }: RunConfig, facts: RunFacts): Promise<ComposedHarness> {
  if (apiBase !== EMBEDDED_API_BASE) return composeHarness({ provider, dataDir, apiBase })
  const port = facts.machineApiBase === undefined ? undefined : Number(new URL(facts.machineApiBase).port)
  return composeHarness({ provider, dataDir, apiBase: undefined, port })
}

interface ControlPlane {
  url: string
  tokenSource: TokenSource
  close(): Promise<void>
}

/** A missing token is found out by the run itself, as every other obstacle is. */
async function useGiven(url: string, dataDir: string): Promise<ControlPlane> {
  return { url, tokenSource: async () => (await findTokenSource(url, { dataDir }))(), close: async () => {} }
}

async function useEmbedded(dataDir: string, port: number | undefined): Promise<ControlPlane> {
  const tokenSource = createLocalTokenSource(dataDir)
  const running = await readServerRecord(dataDir)
  if (running?.ownerPid && running.ownerPid !== process.pid) {
    throw new RadixError('CONTROL_PLANE_BUSY', { pid: running.ownerPid, url: running.url })
  }
  if (running) return { url: running.url, tokenSource, close: async () => {} }
  const server = await startAt(dataDir, port)
  return { url: server.url, tokenSource, close: server.close }
}

/** A machine that is still there can only be reached at the port that it knows; where another took it, it is lost anyway. */
async function startAt(dataDir: string, port: number | undefined): Promise<EmbeddedServer> {
  try {
    return await startEmbeddedServer(dataDir, port)
  } catch (error) {
    if (port === undefined || !isRadixError(error, 'PORT_IN_USE')) throw error
    return startEmbeddedServer(dataDir)
  }
}

async function createProvider(name: RunConfig['provider'], dataDir: string): Promise<Provider> {
  switch (name) {
    case 'local': {
      const { createLocalProvider } = await import('../../providers/local/local-provider.ts')
      const agentCommand = [process.execPath, PROGRAM, 'agent'] as const
      const { checkHost } = await import('./check-host.ts')
      return createLocalProvider({ directory: machinesDirectory(dataDir), agentCommand, checkHost })
    }
    case 'existing': {
      const { createExistingProvider } = await import('../../providers/existing/existing-provider.ts')
      return createExistingProvider()
    }
    default:
      throw new RadixError('USAGE', {
        message: `--provider ${name}: this version launches machines with the providers local and existing.`,
        help_command: 'radix bench run --help',
      })
  }
}

/** The commit of a clone; null for an installed program. */
async function readCommit(): Promise<string | null> {
  return promisify(execFile)('git', ['rev-parse', 'HEAD'], { cwd: ROOT, timeout: 5000 }).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  )
}
