/** What a machine does when it boots: the shared `bootstrap.sh`, with this machine's values. */

import { readFileSync } from 'node:fs'
import { EC2_LIMITS } from '../../core/limits/ec2.ts'
import { quoteForShell } from '../../core/quote-for-shell.ts'
import { programFile } from '../../system/program-files.ts'

export interface UserDataOptions {
  apiBase: string
  clusterId: string
  runId: string
  machineId: string
  /** The machine powers itself off then. */
  deadlineAt: Date
  region: string
  /** SSM SecureString with the onboarding token. Its name is not a secret. */
  onboardingParameterName: string
  /** SSM SecureStrings of a machine that reaches the control plane through a relay only. */
  relay?: {
    /** With the relay file of the agent. */
    accessParameterName: string
    /** With the address of the list of the agent's files; null where an image has them. */
    agentFilesParameterName: string | null
  }
  /** The agent's image, or the digest of the control plane's `/agent/install.sh`, with which it is installed. */
  agent: { image: string } | { installSha256: string }
  /** Null: the workload runs in the AMI's own PyTorch. */
  workloadImage: string | null
}

/** EC2's limit. */
const MAXIMUM_BYTES = EC2_LIMITS.userData.value
const STATE_DIRECTORY = '/var/lib/radix-agent'

/** A bash script. It contains no secret: users who may read a machine's user data may read it. */
export function renderUserData(options: UserDataOptions): string {
  const deadlineAt = options.deadlineAt.toISOString()
  const variables = {
    deadline: String(Math.floor(options.deadlineAt.getTime() / 1000)),
    deadline_at: deadlineAt,
    api_base: options.apiBase,
    cluster_id: options.clusterId,
    run_id: options.runId,
    machine_id: options.machineId,
    region: options.region,
    parameter: options.onboardingParameterName,
    relay_parameter: options.relay?.accessParameterName ?? '',
    agent_files_parameter: options.relay?.agentFilesParameterName ?? '',
    agent_image: 'image' in options.agent ? options.agent.image : '',
    install_sha256: 'image' in options.agent ? '' : options.agent.installSha256,
    workload_image: options.workloadImage ?? '',
    allowed_images: repositoryOf(options.workloadImage ?? ''),
    state_directory: STATE_DIRECTORY,
  }
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${quoteValue(value)}\n`)
  const script = readFileSync(programFile('src/providers/ec2/bootstrap.sh'), 'utf8')
  const userData = `#!/bin/bash\n${assignments.join('')}${script}`
  if (Buffer.byteLength(userData) > MAXIMUM_BYTES) throw new RangeError('the user data is longer than EC2 accepts')
  return userData
}

/** Without tag and digest. */
function repositoryOf(image: string): string {
  const [name = ''] = image.split('@')
  return name.replace(/:[^:/]*$/, '')
}

/** One shell word, whatever it contains. */
function quoteValue(value: string): string {
  if (/[\0\n\r]/.test(value)) throw new Error(`a value of the user data holds a line break: ${JSON.stringify(value)}`)
  return quoteForShell(value)
}
