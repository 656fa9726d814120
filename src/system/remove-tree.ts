/**
 * Removes folders that another program filled: with a million files, deeper than a path may be long, or with
 * permissions removed. Node's own `rm` blocks the whole process on the first, and fails on the others.
 */
import { SYSTEM_LIMITS } from '../core/limits/system.ts'
import { shellWord } from '../core/shell-word.ts'
import { RadixError } from '../errors/radix-error.ts'
import { type ProgramOutcome, runProgram } from './run-program.ts'

/** A missing folder is not an error. Throws `FILE_NOT_WRITABLE` if something is left. */
export function removeTree(path: string): Promise<void> {
  return removeWith(path, ['rm', '-rf', '--', path])
}

/** Removes the contents of a folder, except for `keptName`. Throws `FILE_NOT_WRITABLE` if something is left. */
export function emptyFolder(path: string, keptName?: string): Promise<void> {
  const kept = keptName === undefined ? [] : ['!', '-name', keptName]
  const entries = ['-mindepth', '1', '-maxdepth', '1', ...kept] as const
  return removeWith(path, ['find', path, ...entries, '-exec', 'rm', '-rf', '--', '{}', '+'])
}

async function removeWith(path: string, argv: readonly [string, ...string[]]): Promise<void> {
  if (isSuccess(await run(argv))) return
  // A folder without read permission cannot be removed, so the owner restores the permissions.
  await run(['chmod', '-R', 'u+rwx', '--', path])
  const answer = await run(argv)
  if (!isSuccess(answer)) {
    const remedy = `Look at what is left (\`ls -lR ${shellWord(path)}\`) and remove it by hand.`
    throw new RadixError('FILE_NOT_WRITABLE', { path, reason: describe(answer), remedy })
  }
}

function run(argv: readonly [string, ...string[]]): Promise<ProgramOutcome> {
  return runProgram(argv, { timeoutMs: SYSTEM_LIMITS.treeRemoval.value })
}

function isSuccess(answer: ProgramOutcome): boolean {
  return answer.outcome === 'exited' && answer.exitCode === 0
}

function describe(answer: ProgramOutcome): string {
  if (answer.outcome === 'exited') return answer.stderr.trim().slice(0, 200)
  return answer.outcome === 'not-started' ? answer.reason : answer.outcome
}
