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
import { openSigningKey } from '../../evidence/signature/open-signing-key.ts'
import type { RunConfig } from '../../harness/config.ts'
import { EMBEDDED_API_BASE } from '../../harness/config.ts'
import type { RunFacts } from '../../harness/journal/entry.ts'
import type { HarnessPorts } from '../../harness/ports.ts'
import type { Provider } from '../../providers/provider.ts'
import { type EmbeddedServer, startEmbeddedServer } from '../shared/embedded-server.ts'
import { findTokenSource, type SignInOptions } from '../shared/sign-in/find-token-source.ts'
import { createLocalTokenSource } from '../shared/sign-in/local.ts'
import type { TokenSource } from '../shared/sign-in/token-source.ts'
import { createEvidenceWriter } from './evidence-writer.ts'

export interface ComposedHarness {
  ports: HarnessPorts
  /** Stops what was started for this command. */
  close(): Promise<void>
}

const ROOT = join(import.meta.dirname, '..', '..', '..')
const PROGRAM = join(ROOT, 'src', 'cli', 'main.ts')

/**
 * The harness for a run that is new or was started before. Without an address, the control plane of the data directory is
 * used, and started for this command if it does not run: where the run's machine looks for it, if it has one.
 */
export async function composeForRun(
  config: RunConfig,
  facts: RunFacts = {},
  signIn: Omit<SignInOptions, 'dataDir'> = {},
): Promise<ComposedHarness> {
  const { apiBase, dataDir } = config
  const ports = { provider: await createProvider(config), commit: await readCommit() }
  const controlPlane =
    apiBase === EMBEDDED_API_BASE
      ? await useEmbedded(dataDir, portOf(facts))
      : await useGiven(apiBase, { ...signIn, dataDir })
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
      evidenceWriter: createEvidenceWriter(() => openSigningKey(dataDir, process.env.RADIX_SIGNING_KEY), systemClock),
      clock: systemClock,
      logger: silentLogger,
    },
    close: controlPlane.close,
  }
}

function portOf({ machineApiBase }: RunFacts): number | undefined {
  return machineApiBase === undefined ? undefined : Number(new URL(machineApiBase).port)
}

interface ControlPlane {
  url: string
  tokenSource: TokenSource
  close(): Promise<void>
}

/** A missing token is found out by the run itself, as every other obstacle is. */
async function useGiven(url: string, signIn: SignInOptions): Promise<ControlPlane> {
  let found: Promise<TokenSource> | undefined
  const tokenSource = async () => {
    found ??= findTokenSource(url, signIn)
    return (await found)()
  }
  return { url, tokenSource, close: async () => {} }
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

async function createProvider({ provider, machine, dataDir }: RunConfig): Promise<Provider> {
  switch (provider) {
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
    case 'ec2': {
      const { createEc2RegionsProvider } = await import('../../providers/ec2/ec2-regions.ts')
      const { parseEc2Settings } = await import('../../providers/ec2/settings.ts')
      return createEc2RegionsProvider(parseEc2Settings(machine))
    }
    case 'fake':
      throw new RadixError('USAGE', {
        message: 'Provider fake exists in memory alone, for tests.',
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
