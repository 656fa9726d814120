/** Assembles the agent: lock, token, capabilities, driver. */
import { join } from 'node:path'
import { createClient } from '../contract/client.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { VERSION } from '../core/version.ts'
import { RadixError } from '../errors/radix-error.ts'
import { openRelayClient, type RelayClient } from '../relay/relay-client.ts'
import { acquireLock } from '../system/lock-file.ts'
import { readCapabilities } from './capabilities.ts'
import type { AgentConfig } from './config.ts'
import { driveAgent } from './driver.ts'
import { chooseExecutor } from './executors/choose-executor.ts'
import type { AgentExit } from './machine.ts'
import { obtainClusterToken } from './onboarding.ts'

export interface AgentPorts {
  logger: Logger
  clock?: Clock
  fetch?: typeof globalThis.fetch
  env: Readonly<Record<string, string | undefined>>
}

/**
 * Runs until `signal` aborts, the deadline passes, the token is refused or the control plane stays unreachable. Jobs in
 * progress are then stopped and reported. Throws `AGENT_ALREADY_RUNNING`, `AGENT_NOT_ONBOARDED` or `AUTH_*`.
 */
export async function runAgent(config: AgentConfig, ports: AgentPorts, signal: AbortSignal): Promise<AgentExit> {
  const { logger, clock = systemClock, env } = ports
  const { stateDir } = config
  const release = acquireLock(
    join(stateDir, 'agent.lock'),
    (pid) => new RadixError('AGENT_ALREADY_RUNNING', { pid, state_directory: stateDir }),
  )
  const stop = createStopSignal(config, clock, signal)
  let relay: RelayClient | undefined
  try {
    relay = config.relay ? await openRelayClient(config.relay, { clock, logger }, stop) : undefined
    const fetch = relay?.fetch ?? ports.fetch ?? globalThis.fetch
    // Querying the driver takes a while, so it runs during the token exchange.
    const [token, capabilities] = await Promise.all([
      obtainClusterToken({ ...config, fetch, clock, logger }, stop),
      readCapabilities([config.executor.name]),
    ])
    logger.info({ cluster_id: config.clusterId, gpus: capabilities.gpus?.length ?? 0 }, 'onboarded')
    const client = createClient({
      baseUrl: config.apiBase,
      credential: () => token,
      fetch,
      clock,
      userAgent: `radix-agent/${VERSION}`,
    })
    const hasGpu = (capabilities.gpus?.length ?? 0) > 0
    const jobPorts = chooseExecutor(config, env, hasGpu)
    const { clusterId, heartbeatIntervalMs, unreachableExitMs, maxJobs, pollWaitSeconds } = config
    return await driveAgent(
      {
        client,
        clusterId,
        stateDir,
        clock,
        logger,
        capabilities,
        settings: { heartbeatIntervalMs, unreachableExitMs },
        maxJobs,
        pollWaitSeconds,
        jobRunPorts: { client, clock, logger, kernelLog: config.kernelLog, ...jobPorts },
      },
      stop,
    )
  } catch (error) {
    // Stopped before there was anything to stop.
    if (stop.aborted && error === stop.reason) return stop.reason
    throw error
  } finally {
    await relay?.close()
    release()
  }
}

/** Aborts with an `AgentExit` when the caller requests it or the deadline passes. */
function createStopSignal(config: AgentConfig, clock: Clock, signal: AbortSignal): AbortSignal {
  const stop = new AbortController()
  const onAbort = () => stop.abort({ reason: 'signal', message: 'The agent was asked to stop.' } satisfies AgentExit)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  const { deadlineAt } = config
  if (deadlineAt) {
    const message = `The deadline of this machine (${deadlineAt.toISOString()}) has passed.`
    clock
      .sleep(Math.max(0, deadlineAt.getTime() - clock.now().getTime()), stop.signal)
      .then(() => stop.abort({ reason: 'deadline', message } satisfies AgentExit))
      .catch(() => {})
  }
  return stop.signal
}
