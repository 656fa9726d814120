/** The agent and its workloads as one archive, the same bytes for the same version. */
import { globSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { VERSION } from '../../core/version.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { AGENT_BUNDLE, isClone, PROGRAM_FOLDER, programFile } from '../../system/program-files.ts'
import { runProgram } from '../../system/run-program.ts'
import { readInstaller } from './install-script.ts'
import { packTar, type TarFile } from './tar.ts'

const BUILD = programFile('tools/build-agent.ts')
/** The program finds its folder by the package.json above it. */
const PROGRAM_PATH = 'dist/agent/bundle/agent.mjs'
const MODE = { file: 0o644, program: 0o755 }

/** Throws `AGENT_PROGRAM_UNAVAILABLE`. */
export async function packProgram(directory: string): Promise<Buffer> {
  const packageJson = JSON.stringify({ name: 'radix', version: VERSION, type: 'module', private: true })
  const files: TarFile[] = [
    { path: 'package.json', content: Buffer.from(`${packageJson}\n`), mode: MODE.file },
    { path: PROGRAM_PATH, content: await readBundle(directory), mode: MODE.file },
    { path: 'install.sh', content: Buffer.from(readInstaller()), mode: MODE.program },
    ...listWorkloads().map((path) => ({ path, content: readFileSync(programFile(path)), mode: MODE.file })),
  ]
  return gzipSync(packTar(files), { level: 9 })
}

/** A clone builds it, because its source may have changed; a package has it. */
async function readBundle(directory: string): Promise<Buffer> {
  if (!isClone()) {
    return readFile(programFile(AGENT_BUNDLE)).catch((error: unknown) => {
      throw new RadixError('AGENT_PROGRAM_UNAVAILABLE', { reason: String(error) }, { cause: error })
    })
  }
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const folder = await mkdtemp(join(directory, 'build-'))
  try {
    const path = join(folder, 'agent.mjs')
    const outcome = await runProgram([process.execPath, BUILD, path], {
      timeoutMs: CONTROL_PLANE_LIMITS.agentBuild.value,
      cwd: PROGRAM_FOLDER,
    })
    if (outcome.outcome === 'exited' && outcome.exitCode === 0) return await readFile(path)
    const reason = outcome.outcome === 'exited' ? outcome.stderr.trim() : `its build: ${outcome.outcome}`
    throw new RadixError('AGENT_PROGRAM_UNAVAILABLE', { reason })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function listWorkloads(): string[] {
  return globSync('workloads/**/*.{py,json}', { cwd: PROGRAM_FOLDER })
    .filter((path) => !/(^|\/)test_[^/]*$|__pycache__/.test(path))
    .sort()
}
