/** The GPUs of this machine from the driver, or the reason why there are none. */
import type { Gpu } from '../../contract/schemas/cluster.ts'
import { AGENT_LIMITS } from '../../core/limits/agent.ts'
import { printableLine } from '../../core/printable.ts'
import { type ProgramOutcome, runProgram } from '../../system/run-program.ts'
import { FACT_FIELDS, FORMAT_ARGUMENT, parseFacts, withoutRefusedField } from './nvidia-smi.ts'

export interface GpuFacts {
  gpus: Gpu[]
  /** Why there are none, or further output of the driver. Null if it only listed GPUs. */
  note: string | null
  /** False if no GPUs were listed because the driver gave no answer. */
  couldLook: boolean
}

/** Returns within the time limit, even if the driver hangs. */
export async function readGpuFacts(
  command = 'nvidia-smi',
  timeoutMs: number = AGENT_LIMITS.gpuFacts.value,
): Promise<GpuFacts> {
  const deadlineMs = performance.now() + timeoutMs
  let fields: readonly string[] = FACT_FIELDS
  for (;;) {
    const argv = [command, `--query-gpu=${fields.join(',')}`, FORMAT_ARGUMENT] as const
    const answer = await runProgram(argv, { timeoutMs: Math.max(1, deadlineMs - performance.now()) })
    const fewer = withoutRefusedField(fields, outputOf(answer))
    if (!fewer) return readAnswer(answer, fields)
    fields = fewer
  }
}

function readAnswer(answer: ProgramOutcome, fields: readonly string[]): GpuFacts {
  const lines = outputOf(answer).split('\n').filter(Boolean)
  const gpus = lines.flatMap((line) => parseFacts(line, fields) ?? [])
  if (gpus.length === 0) return { gpus, note: explain(answer), couldLook: couldLook(answer) }
  const other = lines.find((line) => !parseFacts(line, fields))
  return { gpus, note: other ? `nvidia-smi: ${shorten(other)}` : null, couldLook: true }
}

/** Without nvidia-smi there is no driver, and so no GPU that could be used. */
function couldLook(answer: ProgramOutcome): boolean {
  if (answer.outcome === 'not-started') return answer.code === 'ENOENT'
  return answer.outcome === 'exited' && answer.exitCode === 0
}

function outputOf(answer: ProgramOutcome): string {
  return 'stdout' in answer ? `${answer.stdout}\n${answer.stderr}` : ''
}

function explain(answer: ProgramOutcome): string {
  switch (answer.outcome) {
    case 'not-started':
      if (answer.code === 'ENOENT') return 'There is no nvidia-smi: no NVIDIA driver is installed.'
      return `nvidia-smi cannot be run: ${shorten(answer.reason)}`
    case 'timed-out':
      return 'nvidia-smi did not answer in time: the driver or a GPU hangs (see `dmesg`).'
    case 'too-much-output':
      return 'The output of nvidia-smi is too long.'
    case 'exited': {
      const said = outputOf(answer).trim().split('\n')[0] ?? ''
      if (answer.exitCode === 0) return said ? `nvidia-smi lists no GPU: ${shorten(said)}` : 'nvidia-smi lists no GPU.'
      return `nvidia-smi failed: ${shorten(said) || `exit code ${answer.exitCode ?? answer.signal}`}`
    }
  }
}

function shorten(text: string): string {
  return printableLine(text).slice(0, 200)
}
