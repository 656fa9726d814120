/**
 * The agent as it comes to a host: this very program, its runtime and its workloads, in one archive. It can be replaced
 * by anything else that has these two parts.
 */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { SYSTEM_LIMITS } from '../../core/limits/system.ts'
import { parseOutsideJson } from '../../core/outside-json.ts'
import { shellWord } from '../../core/shell-word.ts'
import { RadixError } from '../../errors/radix-error.ts'

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
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' }

const IN_CLONE = 'src/cli/main.ts'
/** The agent as one file, which a package has. */
const IN_PACKAGE = 'dist/agent/agent.mjs'

/** The program of a clone or a package at `root`, with the Node that runs this process where the host can run it too. */
export function createAgentProgram(root: string): AgentProgram {
  const isOfClone = existsSync(join(root, IN_CLONE))
  return {
    archive(platform) {
      const program = isOfClone
        ? ['src', ...[...withDependencies(root, PACKAGES)].map((name) => join('node_modules', name))]
        : [IN_PACKAGE]
      const parts = ['-C', root, 'workloads', 'package.json', ...program]
      const node = isSamePlatform(platform) ? ['-C', dirname(process.execPath), basename(process.execPath)] : []
      const words = ['tar', '-cf', '-', '--exclude=*.test.ts', ...parts, ...node].map(shellWord)
      return `${words.join(' ')} | gzip -1`
    },
    command(platform) {
      const node = isSamePlatform(platform) ? `./${basename(process.execPath)}` : platform.node
      if (node === undefined) throw unsuitable(platform)
      return [node, isOfClone ? IN_CLONE : IN_PACKAGE, 'agent']
    },
  }
}

function isSamePlatform({ system, architecture }: HostPlatform): boolean {
  return process.platform === 'linux' && system === 'Linux' && ARCHITECTURES[process.arch] === architecture
}

function unsuitable({ host, system, architecture }: HostPlatform): RadixError {
  return new RadixError('SSH_HOST_UNSUITABLE', {
    host,
    reason: `it is a ${system} machine (${architecture}), unlike this one, and has no Node 24`,
    remedy:
      'Install Node 24 or newer on the host, in the PATH of a command that `ssh` runs (`ssh <host> node --version`).',
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
