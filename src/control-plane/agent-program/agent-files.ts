/** The files that make a machine an agent's: the install script, the program with its workloads, and the Node runtime. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { AGENT_PLATFORMS, type AgentManifest, type AgentPlatform } from '../../contract/schemas/agent-program.ts'
import { agentFilesDirectory } from '../../core/directories.ts'
import { once } from '../../core/once.ts'
import { VERSION } from '../../core/version.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { findPortableNode } from '../../system/portable-node.ts'
import type { FileAnswer } from '../file-answer.ts'
import { renderInstallScript } from './install-script.ts'
import { createNodeRuntimes } from './node-runtimes.ts'
import { packProgram } from './program-archive.ts'

export interface AgentFiles {
  /** Throws `AGENT_PROGRAM_UNAVAILABLE`. */
  manifest(): Promise<AgentManifest>
  /** Throws `AGENT_PROGRAM_UNAVAILABLE`. */
  installScript(): Promise<FileAnswer>
  /** Throws `AGENT_FILE_NOT_FOUND`, `AGENT_PROGRAM_UNAVAILABLE` or `AGENT_RUNTIME_UNAVAILABLE`. */
  find(platform: AgentPlatform, name: string): Promise<FileAnswer>
}

const INSTALL_SCRIPT = '/agent/install.sh'

/** Nothing is built or fetched before it is asked for. */
export function createAgentFiles(options: { dataDir: string; registry?: string | undefined }): AgentFiles {
  const directory = agentFilesDirectory(options.dataDir)
  const runtimes = createNodeRuntimes({ directory, registry: options.registry, own: findPortableNode() })
  const program = once(async () => {
    const content = await packProgram(directory)
    const sha256 = digestOf(content)
    return { content, sha256, name: `agent-${VERSION}-${sha256.slice(0, 16)}.tar.gz` }
  })
  const platforms = once(() => Promise.all(AGENT_PLATFORMS.map(describePlatform)))

  async function describePlatform(platform: AgentPlatform) {
    const { name, sha256, content } = await program()
    const runtime = await runtimes[platform].program()
    return {
      platform,
      program: { path: `/agent/${platform}/${name}`, sha256, size_bytes: content.length },
      runtime: {
        path: `/agent/${platform}/node-${runtime.version}-${runtime.sha256.slice(0, 16)}.gz`,
        unpacked_sha256: runtime.sha256,
        unpacked_size_bytes: runtime.sizeBytes,
        version: runtime.version,
      },
    }
  }

  const script = once(async () => Buffer.from(renderInstallScript({ version: VERSION, platforms: await platforms() })))

  async function find(platform: AgentPlatform, file: string): Promise<FileAnswer> {
    const path = `/agent/${platform}/${file}`
    const files = (await platforms()).find((candidate) => candidate.platform === platform)
    if (path === files?.program.path) {
      const { content, sha256 } = await program()
      return toAnswer('application/gzip', sha256, content, true)
    }
    if (path !== files?.runtime.path) throw new RadixError('AGENT_FILE_NOT_FOUND', { version: VERSION, file, platform })
    const compressed = await runtimes[platform].compressed()
    return {
      type: 'application/gzip',
      sha256: files.runtime.unpacked_sha256,
      sizeBytes: compressed.sizeBytes,
      isForever: true,
      open: () => createReadStream(compressed.path),
    }
  }

  return {
    async manifest() {
      const content = await script()
      const install_script = { path: INSTALL_SCRIPT, sha256: digestOf(content), size_bytes: content.length }
      return { version: VERSION, install_script, platforms: await platforms() }
    },
    async installScript() {
      const content = await script()
      return toAnswer('text/x-shellscript; charset=utf-8', digestOf(content), content, false)
    },
    find,
  }
}

function toAnswer(type: string, sha256: string, content: Buffer, isForever: boolean): FileAnswer {
  return { type, sha256, sizeBytes: content.length, isForever, open: () => content }
}

function digestOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
