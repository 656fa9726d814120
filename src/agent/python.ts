/** The Python that runs workloads: the one that was chosen, or one that has PyTorch. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { RadixError } from '../errors/radix-error.ts'

const Record = z.object({ python: z.string() })
const CANDIDATES = ['python3', '/usr/bin/python3', 'python']
const PROBE_TIMEOUT_MS = 60_000

/**
 * `chosen` (an option, RADIX_PYTHON) is taken at its word: the workload itself says what it lacks. Then what the set-up
 * of a clone recorded, then a Python that can import torch. Throws `PYTORCH_NOT_FOUND`.
 */
export async function findPython(chosen: string | undefined, root: string): Promise<string> {
  if (chosen) return chosen
  const recorded = await readRecorded(join(root, '.radix', 'python.json'))
  if (recorded) return recorded
  for (const candidate of CANDIDATES) if (await importsTorch(candidate)) return candidate
  throw new RadixError('PYTORCH_NOT_FOUND', { looked_at: CANDIDATES.join(', ') })
}

async function readRecorded(path: string): Promise<string | undefined> {
  try {
    return Record.parse(JSON.parse(await readFile(path, 'utf8'))).python
  } catch {
    return undefined
  }
}

async function importsTorch(python: string): Promise<boolean> {
  const find = 'import importlib.util, sys; sys.exit(0 if importlib.util.find_spec("torch") else 1)'
  return promisify(execFile)(python, ['-c', find], { timeout: PROBE_TIMEOUT_MS }).then(
    () => true,
    () => false,
  )
}
