/** Chooses the Python for workloads: the configured one, or one with PyTorch. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { AGENT_LIMITS } from '../core/limits/agent.ts'
import { tryParseOutsideJson } from '../core/outside-json.ts'
import { RadixError } from '../errors/radix-error.ts'
import { runProgram } from '../system/run-program.ts'
import { selectJobEnvironment } from './job-environment.ts'

const Record = z.object({ python: z.string() })
const CANDIDATES = ['python3', '/usr/bin/python3', 'python']

/**
 * `chosen` (an option, RADIX_PYTHON) is used without a check: the workload itself reports what is missing. Next come
 * the Python recorded by the set-up of a clone, then one that can import torch in a job's environment. Throws
 * `PYTORCH_NOT_FOUND`.
 */
export async function findPython(
  chosen: string | undefined,
  root: string,
  env: NodeJS.ProcessEnv = selectJobEnvironment(process.env),
): Promise<string> {
  if (chosen) return chosen
  const recorded = await readRecorded(join(root, '.radix', 'python.json'))
  if (recorded) return recorded
  for (const candidate of CANDIDATES) if (await importsTorch(candidate, env)) return candidate
  throw new RadixError('PYTORCH_NOT_FOUND', { looked_at: CANDIDATES.join(', ') })
}

async function readRecorded(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  return tryParseOutsideJson(text, Record, { maxCharacters: AGENT_LIMITS.recordCharacters.value })?.python
}

async function importsTorch(python: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const find = 'import importlib.util, sys; sys.exit(0 if importlib.util.find_spec("torch") else 1)'
  const answer = await runProgram([python, '-c', find], { timeoutMs: AGENT_LIMITS.pythonProbe.value, env })
  return answer.outcome === 'exited' && answer.exitCode === 0
}
