/** The commit of this program, for evidence and `radix --version`. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { SYSTEM_LIMITS } from '../core/limits/system.ts'
import { tryParseOutsideJson } from '../core/outside-json.ts'
import { isClone, PROGRAM_FOLDER, programFile } from './program-files.ts'
import { runProgram } from './run-program.ts'

const Manifest = z.object({ gitHead: z.string().optional() })

/** The commit that this program was built from, or that a clone is at; null if it is unknown. */
export async function readCommit(): Promise<string | null> {
  // Git is asked only in a clone: elsewhere it would answer for a repository around the package.
  return isClone() ? readCommitOfClone() : readCommitOfPackage()
}

async function readCommitOfClone(): Promise<string | null> {
  const timeoutMs = SYSTEM_LIMITS.gitAnswer.value
  const answer = await runProgram(['git', 'rev-parse', 'HEAD'], { cwd: PROGRAM_FOLDER, timeoutMs })
  return answer.outcome === 'exited' && answer.exitCode === 0 ? answer.stdout.trim() : null
}

async function readCommitOfPackage(): Promise<string | null> {
  const text = await readFile(programFile('package.json'), 'utf8').catch(() => '')
  return tryParseOutsideJson(text, Manifest, { maxCharacters: SYSTEM_LIMITS.record.value })?.gitHead ?? null
}
