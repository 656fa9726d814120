/** `radix agent`: runs the agent in the foreground until it is stopped or has no reason to continue. */
import type { Command } from 'commander'
import { RadixError } from '../errors/radix-error.ts'
import { listenForStop } from '../system/stop-signals.ts'
import { wholeNumber } from './shared/options.ts'

interface AgentCommandOptions {
  apiBase?: string
  clusterId?: string
  stateDir?: string
  onboardingTokenFile?: string
  deadline?: string
  unreachableExitSeconds?: number
  executor?: string
  relay?: string
}

export function register(command: Command): void {
  command
    .option('--api-base <url>', 'control plane (env RADIX_API_BASE)')
    .option('--cluster-id <id>', 'cluster that this machine joins (env RADIX_CLUSTER_ID)')
    .option(
      '--onboarding-token-file <file>',
      'file with the onboarding token; deleted after use (env RADIX_ONBOARDING_TOKEN_FILE)',
    )
    .option('--state-dir <folder>', 'where token, jobs and results are kept (env RADIX_AGENT_STATE_DIR)')
    .option('--deadline <time>', 'stop everything at this time, RFC 3339 (env RADIX_AGENT_DEADLINE)')
    .option(
      '--unreachable-exit-seconds <number>',
      'exit after this long without the control plane (env RADIX_AGENT_UNREACHABLE_EXIT_SECONDS)',
      wholeNumber({ minimum: 1 }),
    )
    .option('--relay <file>', 'reach the control plane only through the relay of this file (env RADIX_RELAY_FILE)')
    .option('--executor <name>', 'how jobs run: process or docker (env RADIX_EXECUTOR; process)')
    .addHelpText(
      'after',
      `
Environment:
  RADIX_ONBOARDING_TOKEN  the onboarding token itself, instead of a file
  RADIX_PYTHON            the Python that runs the workload; it needs PyTorch
  RADIX_WORKLOAD_IMAGE    executor docker: the image that jobs run in
  RADIX_ALLOWED_IMAGES    executor docker: repositories that the image may come from, separated by commas
  RADIX_KERNEL_LOG        a copy of the kernel log with the GPU driver errors (Xid), for an agent that is not root
  DOCKER_HOST             executor docker: socket of the engine (unix:///var/run/docker.sock)
  RADIX_LOG_LEVEL         debug, info, warn, error, silent (info)`,
    )
    .action(runAgentCommand)
}

async function runAgentCommand(options: AgentCommandOptions): Promise<void> {
  const [{ runAgent }, { readAgentConfig }, { createLogger }] = await Promise.all([
    import('../agent/main.ts'),
    import('../agent/config.ts'),
    import('./shared/logger.ts'),
  ])
  const config = readAgentConfig(options, process.env)
  const logger = createLogger()
  const abort = new AbortController()
  // After an immediate exit, the next start of the agent or the provider ends the job's processes by their group.
  listenForStop({ onStop: (signal) => abort.abort(new RadixError('INTERRUPTED', { signal })) })
  const exit = await runAgent(config, { logger, env: process.env }, abort.signal)
  logger.info({ reason: exit.reason }, exit.message)
  if (exit.reason === 'refused') throw new RadixError('AUTH_CLUSTER_TOKEN_INVALID')
}
