/** Maps refusals of the Docker engine to Radix's errors by their text, in one table. Pure. */
import { OutsideJsonError } from '../../../core/outside-json.ts'
import { printableLine } from '../../../core/printable.ts'
import { LineTooLong } from '../../../core/read-lines.ts'
import { RadixError } from '../../../errors/radix-error.ts'

/** The engine's refusal: its status and message. */
export class EngineRefusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export type RefusalCode =
  | 'CONTAINER_ENGINE_INCOMPATIBLE'
  | 'CONTAINER_GPU_RUNTIME_MISSING'
  | 'CONTAINER_ENGINE_FULL'
  | 'WORKLOAD_IMAGE_MISSING'
  | 'CONTAINER_START_FAILED'

/** In order of precedence. */
const REFUSALS: readonly [RegExp, RefusalCode][] = [
  [/client version \S+ is too (old|new)|(minimum|maximum) supported API version/i, 'CONTAINER_ENGINE_INCOMPATIBLE'],
  [/no space left on device|disk quota exceeded/i, 'CONTAINER_ENGINE_FULL'],
  [/could not select device driver|nvidia|unknown or invalid runtime|CDI device/i, 'CONTAINER_GPU_RUNTIME_MISSING'],
  [
    /no such image|manifest (for .* )?(unknown|not found)|pull access denied|repository .*not found/i,
    'WORKLOAD_IMAGE_MISSING',
  ],
]

export function classifyRefusal(message: string): RefusalCode {
  return REFUSALS.find(([pattern]) => pattern.test(message))?.[1] ?? 'CONTAINER_START_FAILED'
}

/** Errors that are neither refusals nor unreadable answers pass unchanged. */
export function toRadixError(error: unknown, image: string): unknown {
  if (error instanceof OutsideJsonError || error instanceof LineTooLong) {
    const reason = `the Docker engine gave an unexpected answer: ${error.message}`
    return new RadixError('CONTAINER_START_FAILED', { image, reason }, { cause: error })
  }
  if (!(error instanceof EngineRefusal)) return error
  const reason = printableLine(error.message).slice(0, 1000)
  const code = classifyRefusal(reason)
  const options = { cause: error }
  switch (code) {
    case 'CONTAINER_ENGINE_INCOMPATIBLE':
    case 'CONTAINER_ENGINE_FULL':
    case 'CONTAINER_GPU_RUNTIME_MISSING':
      return new RadixError(code, { reason }, options)
    case 'WORKLOAD_IMAGE_MISSING':
    case 'CONTAINER_START_FAILED':
      return new RadixError(code, { image, reason }, options)
  }
}
