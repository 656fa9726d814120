/** The one class for what a user can act on. Anything else that is thrown is a bug and is shown as one. */
import { endSentence } from '../core/format.ts'
import { ERRORS, type ErrorCode, type ErrorParams, type ExitCode } from './table.ts'

type ParamsArgument<C extends ErrorCode> = keyof ErrorParams<C> extends never
  ? [params?: Record<string, never>, options?: RadixErrorOptions]
  : [params: ErrorParams<C>, options?: RadixErrorOptions]

export interface RadixErrorOptions {
  cause?: unknown
  /** Facts for machines (an HTTP problem's extension members, `--json`): never secrets. */
  details?: Record<string, unknown>
  /** The words that another process chose for the same code; they replace those of the table. */
  words?: { why: string; fix: string }
}

export class RadixError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'RadixError'
  readonly code: C
  readonly title: string
  /** What happened and why. */
  readonly why: string
  /** What to do, with the exact command where there is one. */
  readonly fix: string
  readonly httpStatus: number
  readonly exitCode: ExitCode
  readonly details: Record<string, unknown>

  constructor(code: C, ...[params, options]: ParamsArgument<C>) {
    const definition = ERRORS[code]
    const why = options?.words?.why ?? fill(definition.why, params ?? {})
    super(`${definition.title}: ${why}`, options?.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.title = definition.title
    this.why = why
    this.fix = options?.words?.fix ?? fill(definition.fix, params ?? {})
    this.httpStatus = definition.httpStatus
    this.exitCode = definition.exitCode
    this.details = options?.details ?? {}
  }
}

export function isRadixError<C extends ErrorCode>(error: unknown, code?: C): error is RadixError<C> {
  return error instanceof RadixError && (code === undefined || error.code === code)
}

/** A value that ends its sentence itself (a reason from another program) gets no second full stop. */
function fill(template: string, params: Record<string, unknown>): string {
  return template.replaceAll(/\{([a-z_]+)\}(\.(?= |$))?/g, (whole, name: string, stop?: string) => {
    if (!(name in params)) return whole
    return stop === undefined ? String(params[name]) : endSentence(String(params[name]))
  })
}
