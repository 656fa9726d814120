/** The agent as one file, which machines get. A package has it; a clone builds it, because its source may have changed. */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SYSTEM_LIMITS } from '../core/limits/system.ts'
import { RadixError } from '../errors/radix-error.ts'
import { makeDirectory } from './make-directory.ts'
import { AGENT_BUNDLE, isClone, PROGRAM_FOLDER, programFile } from './program-files.ts'
import { runProgram } from './run-program.ts'

const BUILD = programFile('tools/build-agent.ts')

/**
 * Answers with the folder that has `AGENT_BUNDLE`: the one of the program, or `directory` for a clone. Throws
 * `AGENT_PROGRAM_UNAVAILABLE`, `DISK_FULL` or `FILE_NOT_WRITABLE`.
 */
export async function provideAgentBundle(directory: string): Promise<string> {
  if (isClone()) {
    await build(join(directory, AGENT_BUNDLE))
    return directory
  }
  const path = programFile(AGENT_BUNDLE)
  if (!existsSync(path)) throw new RadixError('AGENT_PROGRAM_UNAVAILABLE', { reason: `${path} is missing` })
  return PROGRAM_FOLDER
}

/** Renamed into place: another process may read it meanwhile. */
async function build(path: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.draft`
  await makeDirectory(dirname(path), 0o700)
  try {
    const timeoutMs = SYSTEM_LIMITS.agentBuild.value
    const outcome = await runProgram([process.execPath, BUILD, draft], { timeoutMs, cwd: PROGRAM_FOLDER })
    if (outcome.outcome !== 'exited' || outcome.exitCode !== 0) {
      const reason = outcome.outcome === 'exited' ? outcome.stderr.trim() : `its build: ${outcome.outcome}`
      throw new RadixError('AGENT_PROGRAM_UNAVAILABLE', { reason })
    }
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
}
