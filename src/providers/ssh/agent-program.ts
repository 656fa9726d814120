/** The agent as it is copied to a host: this program and its workloads in one archive, with a Node where one fits. */
import { basename, dirname } from 'node:path'
import { shellWord } from '../../core/shell-word.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { AGENT_NODE_MAJOR, type PortableNode } from '../../system/portable-node.ts'
import { AGENT_BUNDLE, listWorkloadFiles, PROGRAM_FOLDER } from '../../system/program-files.ts'

/** What decides whether a program can run there. */
export interface HostPlatform {
  /** The name of the host, for messages. */
  host: string
  /** As `uname` has them. */
  system: string
  architecture: string
  /** A Node of the host that is new enough; undefined if it has none. */
  node: string | undefined
}

export interface AgentProgram {
  /**
   * A command for a local shell that writes a tar archive, compressed with gzip, to its standard output. Throws
   * `AGENT_PROGRAM_UNAVAILABLE`.
   */
  archive(platform: HostPlatform): Promise<string>
  /** The argv of the agent, in the folder in which the archive was unpacked. Throws `SSH_HOST_UNSUITABLE`. */
  command(platform: HostPlatform): string[]
}

/** The platforms of Node by the words of `uname -sm`. */
const PLATFORMS: Readonly<Record<string, string>> = { 'Linux x86_64': 'linux-x64', 'Linux aarch64': 'linux-arm64' }

interface Parts {
  /** Answers with the folder that has the agent as one file (`system/agent-bundle.ts`). */
  provideBundle: () => Promise<string>
  /** Copied to every host of its platform. */
  ownNode: PortableNode | undefined
}

export function createAgentProgram({ provideBundle, ownNode }: Parts): AgentProgram {
  const nodeFor = ({ system, architecture }: HostPlatform) =>
    ownNode?.platform === PLATFORMS[`${system} ${architecture}`] ? ownNode : undefined
  return {
    async archive(platform) {
      const node = nodeFor(platform)
      const parts = [
        ...['-C', PROGRAM_FOLDER, ...listWorkloadFiles(), 'package.json', '-C', await provideBundle(), AGENT_BUNDLE],
        ...(node ? ['-C', dirname(node.path), basename(node.path)] : []),
      ]
      const words = ['tar', '-cf', '-', ...parts].map(shellWord)
      return `${words.join(' ')} | gzip -1`
    },
    command(platform) {
      const copied = nodeFor(platform)
      const node = copied ? `./${basename(copied.path)}` : platform.node
      if (node === undefined) throw withoutNode(platform)
      return [node, AGENT_BUNDLE, 'agent']
    },
  }
}

function withoutNode({ host, system, architecture }: HostPlatform): RadixError {
  return new RadixError('SSH_HOST_UNSUITABLE', {
    host,
    reason: `it has no Node ${AGENT_NODE_MAJOR}, and the Node of this machine does not run there (${system}, ${architecture})`,
    remedy: `Install Node ${AGENT_NODE_MAJOR} or newer on the host, in the PATH of a command that \`ssh\` runs (\`ssh <host> node --version\`).`,
  })
}
