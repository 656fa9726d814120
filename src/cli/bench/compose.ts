/** The harness's ports for this machine: control plane, token, provider, evidence writer. */
import { join } from 'node:path'
import { createClient } from '../../contract/client.ts'
import { systemClock } from '../../core/clock.ts'
import { agentFilesDirectory, machinesDirectory, relaysDirectory } from '../../core/directories.ts'
import { silentLogger } from '../../core/logger.ts'
import { VERSION } from '../../core/version.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { openSigningKey } from '../../evidence/signature/open-signing-key.ts'
import type { RunConfig } from '../../harness/config.ts'
import { EMBEDDED_API_BASE } from '../../harness/config.ts'
import { ControlPlaneLost } from '../../harness/control-plane-lost.ts'
import type { RunFacts } from '../../harness/journal/entry.ts'
import type { HarnessPorts } from '../../harness/ports.ts'
import type { RelayPorts } from '../../providers/ec2/relay/ec2-relays.ts'
import type { Provider } from '../../providers/provider.ts'
import { readCommit } from '../../system/commit.ts'
import { commandOfProgram } from '../../system/program-files.ts'
import { useServerOf } from '../shared/find-server.ts'
import { createFollowingFetch } from '../shared/following-fetch.ts'
import { findTokenSource, type SignInOptions } from '../shared/sign-in/find-token-source.ts'
import { createLocalTokenSource } from '../shared/sign-in/local.ts'
import type { TokenSource } from '../shared/sign-in/token-source.ts'
import { createEvidenceWriter } from './evidence-writer.ts'

export interface ComposedHarness {
  ports: HarnessPorts
  /** Stops what was started for this command. */
  close(): Promise<void>
}

/** The address for messages until the control plane has started. */
const UNKNOWN_ADDRESS = 'http://127.0.0.1'

interface ComposeOptions {
  /** The known facts of a run that was started before. */
  facts?: RunFacts
  signIn?: Omit<SignInOptions, 'dataDir'>
  /** Continues if the control plane of the data directory does not start: machines can be terminated without it. */
  mayLackControlPlane?: boolean
}

/**
 * The harness for a new run or an earlier one. Without an address, it uses the control plane of the data directory, and
 * starts that for this command if needed. A machine of the run must find it at its previous address.
 */
export async function composeForRun(config: RunConfig, options: ComposeOptions = {}): Promise<ComposedHarness> {
  const { apiBase, dataDir } = config
  const controlPlane =
    apiBase === EMBEDDED_API_BASE
      ? await useEmbedded(dataDir, options)
      : useGiven(apiBase, { ...options.signIn, dataDir })
  const provider = await createProvider(config, controlPlane).catch(async (error: unknown) => {
    await controlPlane.close()
    throw error
  })
  return {
    ports: {
      provider,
      commit: await readCommit(),
      createClient: (address, credential) => {
        const userAgent = `radix/${VERSION}`
        if (address !== EMBEDDED_API_BASE) return createClient({ baseUrl: address, credential, userAgent })
        const { url, fetch } = controlPlane
        return createClient({ baseUrl: url, credential, userAgent, ...(fetch ? { fetch } : {}) })
      },
      tokenSource: controlPlane.tokenSource,
      evidenceWriter: createEvidenceWriter(() => openSigningKey(dataDir, process.env.RADIX_SIGNING_KEY), systemClock),
      clock: systemClock,
      logger: silentLogger,
    },
    async close() {
      try {
        await provider.close?.()
      } finally {
        await controlPlane.close()
      }
    },
  }
}

interface ControlPlane {
  url: string
  /** Of the control plane that only this machine reaches: it follows it when it is started again. */
  fetch?: typeof globalThis.fetch
  tokenSource: TokenSource
  close(): Promise<void>
}

/** Nothing for a control plane with an address of its own: machines reach it there. */
function relayPortsOf({ url, fetch }: ControlPlane, dataDir: string): RelayPorts | undefined {
  return fetch && { directory: relaysDirectory(dataDir), baseUrl: url, fetch, logger: silentLogger }
}

/** The run itself reports a missing token, like every other obstacle. */
function useGiven(url: string, signIn: SignInOptions): ControlPlane {
  let found: Promise<TokenSource> | undefined
  const tokenSource = async () => {
    found ??= findTokenSource(url, signIn)
    return (await found)()
  }
  return { url, tokenSource, close: async () => {} }
}

async function useEmbedded(dataDir: string, { facts, mayLackControlPlane }: ComposeOptions): Promise<ControlPlane> {
  const { machineApiBase } = facts ?? {}
  const starting = useServerOf(dataDir, machineApiBase === undefined ? 0 : Number(new URL(machineApiBase).port))
  starting.catch(() => {}) // callers that await it get the error
  const url = mayLackControlPlane ? (machineApiBase ?? UNKNOWN_ADDRESS) : (await starting).url
  return {
    url,
    fetch: createFollowingFetch(starting, url, (reason) => new ControlPlaneLost(reason)),
    tokenSource: createLocalTokenSource(dataDir),
    async close() {
      const server = await starting.catch(() => undefined)
      await server?.close()
    },
  }
}

async function createProvider(
  { provider, machine, dataDir }: RunConfig,
  controlPlane: ControlPlane,
): Promise<Provider> {
  switch (provider) {
    case 'local': {
      const { createLocalProvider } = await import('../../providers/local/local-provider.ts')
      const agentCommand = [...commandOfProgram(), 'agent'] as const
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
      return createEc2RegionsProvider(parseEc2Settings(machine), relayPortsOf(controlPlane, dataDir))
    }
    case 'ssh': {
      const { createSshProvider } = await import('../../providers/ssh/ssh-provider.ts')
      const { SshSettings } = await import('../../providers/ssh/inventory.ts')
      const { createAgentProgram } = await import('../../providers/ssh/agent-program.ts')
      const { provideAgentBundle } = await import('../../system/agent-bundle.ts')
      const { findPortableNode } = await import('../../system/portable-node.ts')
      const settings = SshSettings.parse(machine)
      // Apart from the machines of provider local.
      const directory = join(machinesDirectory(dataDir), 'ssh')
      const provideBundle = () => provideAgentBundle(agentFilesDirectory(dataDir))
      const program = createAgentProgram({ provideBundle, ownNode: findPortableNode() })
      return createSshProvider({ settings, directory, program })
    }
    case 'fake':
      throw new RadixError('USAGE', {
        message: 'Provider fake exists only in memory, for tests.',
        help_command: 'radix bench run --help',
      })
  }
}
