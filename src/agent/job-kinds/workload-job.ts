/** The job kind of a workload: runs its program with the parameters as flags, and reads its result file. */
import { join } from 'node:path'
import { z } from 'zod'
import { WorkloadProgress, WorkloadResult } from '../../contract/schemas/workload.ts'
import { endSentence } from '../../core/format.ts'
import { AGENT_LIMITS } from '../../core/limits/agent.ts'
import { OutsideJsonError, readOutsideJson, tryParseOutsideJson } from '../../core/outside-json.ts'
import { redact } from '../../core/redact.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { isErrorCode } from '../../errors/render.ts'
import { toFlags, toParametersSchema } from '../../workloads/parameters.ts'
import { rateUnitOf, type Workload } from '../../workloads/workload.ts'
import type { ExecutionEnd } from '../executors/executor.ts'
import type { Completion, JobKindDefinition, ResultRefusal } from './job-kind.ts'

const BOUNDS = { maxCharacters: AGENT_LIMITS.resultBytes.value }

type Metrics = NonNullable<Completion['metrics']>

/** The workload's result for a failure that it recognises. */
const WorkloadFailure = z.looseObject({
  status: z.literal('failed'),
  error: z.looseObject({ code: z.string(), message: z.string() }),
})

export function toJobKind(workload: Workload): JobKindDefinition {
  const { name, program, parameters } = workload
  const schema = toParametersSchema(parameters)
  return {
    buildArgv: (params, { resultPath, progressPath }, { python, workloadDirectory }) => {
      const parsed = schema.safeParse(params)
      if (!parsed.success) {
        const message = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
        throw new RadixError('JOB_PARAMS_INVALID', { message })
      }
      const files = ['--result', resultPath, '--progress', progressPath]
      return [python, join(workloadDirectory, name, program), ...toFlags(parsed.data), ...files]
    },
    parseProgress,
    concludes: (end, result) => conclude(end, result, rateUnitOf(workload)),
  }
}

function parseProgress(line: string) {
  return tryParseOutsideJson(line, WorkloadProgress, BOUNDS) ?? undefined
}

function conclude(end: ExecutionEnd, resultFile: string | ResultRefusal | undefined, unit: string): Completion {
  const result = readResult(resultFile)
  const failure = WorkloadFailure.safeParse(result.value)
  const metrics = end.exitCode === null ? {} : { exit_code: end.exitCode }
  if (failure.success) return failed(failure.data.error.code, failure.data.error.message, metrics, failure.data)
  if (end.failure) return failed(end.failure.code, end.failure.message, metrics)
  if (end.signal !== null) return failed('WORKLOAD_KILLED', describeSignal(end.signal), metrics)
  const success = parseSuccess(result.value, unit)
  if (end.exitCode !== null && end.exitCode !== 0) {
    const what = success.success
      ? 'It wrote a success result, which is ignored.'
      : describeInvalid(result, success.error)
    return failed('WORKLOAD_FAILED', `The workload ended with exit code ${end.exitCode}. ${what}`, metrics)
  }
  if (!success.success) return failed('JOB_RESULT_INVALID', describeInvalid(result, success.error), metrics)
  const { duration_seconds, throughput } = success.data
  return {
    status: 'succeeded',
    metrics: { duration_seconds, throughput, exit_code: end.exitCode ?? 0 },
    output_payload: success.data,
  }
}

/** A number in another unit than the one of the workload is no result of it. */
function parseSuccess(value: unknown, unit: string) {
  return WorkloadResult.refine((result) => result.throughput.unit === unit, {
    path: ['throughput', 'unit'],
    error: `must be ${unit}`,
  }).safeParse(value)
}

interface ReadResult {
  value: unknown
  /** Why there is no value, in a sentence. */
  reason?: string
}

/** `NaN` and `Infinity` are not JSON: a result that holds them is no result. */
function readResult(file: string | ResultRefusal | undefined): ReadResult {
  if (file === undefined) return { value: undefined, reason: 'The workload wrote no result.' }
  if (typeof file !== 'string') return { value: undefined, reason: file.refused }
  try {
    return { value: readOutsideJson(file, BOUNDS) }
  } catch (error) {
    if (!(error instanceof OutsideJsonError)) throw error
    return { value: undefined, reason: endSentence(`The result cannot be read: ${error.message}`) }
  }
}

function describeInvalid({ reason }: ReadResult, { issues: [issue] }: z.ZodError): string {
  return (
    reason ??
    endSentence(`The result does not match its schema: ${issue?.path.join('.') || 'result'}: ${issue?.message}`)
  )
}

function failed(code: string, message: string, metrics: Metrics, payload?: Record<string, unknown>): Completion {
  return {
    status: 'failed',
    error_code: isErrorCode(code) ? code : 'WORKLOAD_FAILED',
    error_message: redact(message).slice(0, AGENT_LIMITS.errorMessage.value),
    metrics,
    ...(payload ? { output_payload: payload } : {}),
  }
}

function describeSignal(signal: string): string {
  const killed = `The workload was ended by ${signal}, which the agent did not send`
  return signal === 'SIGKILL' ? `${killed}: the kernel does this when memory runs out (see \`dmesg\`).` : `${killed}.`
}
