/** The agent and its workloads as one archive, the same bytes for the same version. */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { VERSION } from '../../core/version.ts'
import { provideAgentBundle } from '../../system/agent-bundle.ts'
import { AGENT_BUNDLE, listWorkloadFiles, programFile } from '../../system/program-files.ts'
import { readInstaller } from './install-script.ts'
import { packTar, type TarFile } from './tar.ts'

/** The program finds its folder by the package.json above it. */
const PROGRAM_PATH = 'dist/agent/bundle/agent.mjs'
const MODE = { file: 0o644, program: 0o755 }

/** `directory`: where a clone builds it. Throws as `provideAgentBundle` does. */
export async function packProgram(directory: string): Promise<Buffer> {
  const bundle = join(await provideAgentBundle(directory), AGENT_BUNDLE)
  const packageJson = JSON.stringify({ name: 'radix', version: VERSION, type: 'module', private: true })
  const files: TarFile[] = [
    { path: 'package.json', content: Buffer.from(`${packageJson}\n`), mode: MODE.file },
    { path: PROGRAM_PATH, content: await readFile(bundle), mode: MODE.file },
    { path: 'install.sh', content: Buffer.from(readInstaller()), mode: MODE.program },
    ...listWorkloadFiles().map((path) => ({ path, content: readFileSync(programFile(path)), mode: MODE.file })),
  ]
  return gzipSync(packTar(files), { level: 9 })
}
