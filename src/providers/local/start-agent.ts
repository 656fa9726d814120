/** Starts an agent as a process with its machine's marks and brand. It outlives the process that started it. */

import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { findProgram } from '../../system/find-program.ts'
import { makeDirectory } from '../../system/make-directory.ts'
import { brandPrefix } from '../../system/process-brand.ts'
import { type LaunchRequest, UNREACHABLE_EXIT_SECONDS } from '../provider.ts'

/** In the environment of every process of a machine: the agent passes them to its jobs. */
export const MACHINE_MARK = 'RADIX_MACHINE_ID'
export const RUN_MARK = 'RADIX_RUN_ID'
export const STATE_DIRECTORY = 'RADIX_AGENT_STATE_DIR'

/** Of Radix's own settings only these concern an agent. */
const HANDED_ON = new Set(['RADIX_PYTHON', 'RADIX_LOG_LEVEL'])
const SECRET_NAME = /TOKEN|SECRET|PASSWORD|CREDENTIAL|PRIVATE|_KEY/i

type Environment = Readonly<Record<string, string | undefined>>

export interface StartAgentOptions {
  machineId: string
  request: LaunchRequest
  command: readonly [string, ...string[]]
  logPath: string
  stateDirectory: string
  workingDirectory: string
  env: Environment
}

/** Returns the agent's pid once the program has been started. Throws the system's error if it cannot be started. */
export async function startAgent(options: StartAgentOptions): Promise<number> {
  const { machineId, workingDirectory, command, env } = options
  const isThere = findProgram(command[0], env.PATH ?? '', workingDirectory) !== undefined
  // For a missing program, the system's own error is wanted, not that of the program that starts it.
  const [program = '', ...args] = isThere ? [...(await brandPrefix('machine', machineId)), ...command] : command
  await makeDirectory(dirname(options.logPath))
  const log = await open(options.logPath, 'a', 0o600)
  try {
    const child = spawn(program, args, {
      cwd: workingDirectory,
      env: agentEnvironment(options),
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    child.unref()
    return child.pid ?? 0
  } finally {
    await log.close()
  }
}

function agentEnvironment({ machineId, request, stateDirectory, env }: StartAgentOptions): Record<string, string> {
  return {
    ...withoutSecrets(env),
    [MACHINE_MARK]: machineId,
    [RUN_MARK]: request.runId,
    RADIX_API_BASE: request.apiBase,
    RADIX_CLUSTER_ID: request.clusterId,
    RADIX_ONBOARDING_TOKEN_FILE: request.onboardingTokenReference,
    [STATE_DIRECTORY]: stateDirectory,
    RADIX_AGENT_DEADLINE: request.deadlineAt.toISOString(),
    RADIX_AGENT_UNREACHABLE_EXIT_SECONDS: String(UNREACHABLE_EXIT_SECONDS),
  }
}

/** What the user's programs need, without the user's secrets and without this command's own settings. */
function withoutSecrets(env: Environment): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      !SECRET_NAME.test(entry[0]) &&
      (!entry[0].startsWith('RADIX_') || HANDED_ON.has(entry[0])),
  )
  return Object.fromEntries(kept)
}
