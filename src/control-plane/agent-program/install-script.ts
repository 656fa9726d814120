/** The script that installs the agent: `install.sh`, with the digests of what it downloads. */
import { readFileSync } from 'node:fs'
import type { AgentManifest } from '../../contract/schemas/agent-program.ts'
import { programFile } from '../../system/program-files.ts'

/** The part that is the same in every version: alone, it can remove an agent and not install one. */
export function readInstaller(): string {
  return readFileSync(programFile('src/control-plane/agent-program/install.sh'), 'utf8')
}

/**
 * Depends on the version only, not on who asks: its digest can be fixed, and no header of a request is in it. The address
 * of the control plane is an argument.
 */
export function renderInstallScript({ version, platforms }: Pick<AgentManifest, 'version' | 'platforms'>): string {
  const assignments = [
    ['agent_version', version],
    ...platforms.flatMap(({ platform, program, runtime }) => {
      const suffix = platform.replace('-', '_')
      return [
        [`program_path_${suffix}`, program.path],
        [`program_sha256_${suffix}`, program.sha256],
        [`runtime_path_${suffix}`, runtime.path],
        [`runtime_sha256_${suffix}`, runtime.unpacked_sha256],
        [`runtime_bytes_${suffix}`, String(runtime.unpacked_size_bytes)],
      ]
    }),
  ]
  const [interpreter = '', ...rest] = readInstaller().split('\n')
  return [interpreter, ...assignments.map(([name, value]) => `${name}='${value}'`), ...rest].join('\n')
}
