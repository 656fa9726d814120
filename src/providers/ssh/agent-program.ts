/** The agent as it is copied to a host: this program and its workloads in one archive, with a Node where one fits. */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { SYSTEM_LIMITS } from '../../core/limits/system.ts'
import { parseOutsideJson } from '../../core/outside-json.ts'
import { shellWord } from '../../core/shell-word.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { AGENT_NODE_MAJOR, type PortableNode } from '../../system/portable-node.ts'
import { AGENT_BUNDLE, PROGRAMS } from '../../system/program-files.ts'

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
  /** A command for a local shell that writes a tar archive, compressed with gzip, to its standard output. */
  archive(platform: HostPlatform): string
  /** The argv of the agent, in the folder in which the archive was unpacked. Throws `SSH_HOST_UNSUITABLE`. */
  command(platform: HostPlatform): string[]
}

/** What `radix agent` loads. */
const PACKAGES = ['commander', 'pino', 'zod']
/** The platforms of Node by the words of `uname -sm`. */
const PLATFORMS: Readonly<Record<string, string>> = { 'Linux x86_64': 'linux-x64', 'Linux aarch64': 'linux-arm64' }

const IN_CLONE = PROGRAMS.radix.source

/** The program of a clone or a package at `root`. `ownNode` is copied to every host of its platform. */
export function createAgentProgram(root: string, ownNode: PortableNode | undefined): AgentProgram {
  const isOfClone = existsSync(join(root, IN_CLONE))
  const nodeFor = ({ system, architecture }: HostPlatform) =>
    ownNode?.platform === PLATFORMS[`${system} ${architecture}`] ? ownNode : undefined
  return {
    archive(platform) {
      const program = isOfClone
        ? ['src', ...[...withDependencies(root, PACKAGES)].map((name) => join('node_modules', name))]
        : [AGENT_BUNDLE]
      const parts = ['-C', root, 'workloads', 'package.json', ...program]
      const node = nodeFor(platform)
      const runtime = node ? ['-C', dirname(node.path), basename(node.path)] : []
      const words = ['tar', '-cf', '-', '--exclude=*.test.ts', ...parts, ...runtime].map(shellWord)
      return `${words.join(' ')} | gzip -1`
    },
    command(platform) {
      const copied = nodeFor(platform)
      const node = copied ? `./${basename(copied.path)}` : platform.node
      if (node === undefined) throw withoutNode(platform)
      return [node, isOfClone ? IN_CLONE : AGENT_BUNDLE, 'agent']
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

const Manifest = z.object({ dependencies: z.record(z.string(), z.string()).optional() })

function withDependencies(root: string, names: readonly string[]): Set<string> {
  const found = new Set(names)
  for (const name of found) {
    const path = join(root, 'node_modules', name, 'package.json')
    if (!existsSync(path)) throw new RadixError('INTERNAL', { message: `package ${name} is not installed in ${root}` })
    const bounds = { maxCharacters: SYSTEM_LIMITS.record.value }
    const { dependencies = {} } = parseOutsideJson(readFileSync(path, 'utf8'), Manifest, bounds)
    for (const dependency of Object.keys(dependencies)) found.add(dependency)
  }
  return found
}
