/** One renderer for every place where a person or a program reads an error. */
import { printable } from '../core/printable.ts'
import { redact } from '../core/redact.ts'
import { RadixError } from './radix-error.ts'
import { ERRORS, type ErrorCode } from './table.ts'

export const ERRORS_DOCUMENT_URL = 'https://github.com/iangreen74/radix/blob/main/docs/errors.md'

/** `error CODE: title`, why, fix and the chain of causes: what a terminal or a log shows. */
export function renderErrorText(error: unknown): string {
  const known = asRadixError(error)
  const parts = [`error ${known.code}: ${known.title}`, `  ${known.why}`, `  fix: ${known.fix}`]
  for (const cause of causes(known)) parts.push(`  caused by: ${cause}`)
  // Lines of a message from outside stand below their own part: none looks like an error of ours.
  const lines = parts.map((part) => printable(part).replaceAll('\n', '\n    '))
  // Whatever found its way in (an address with a password, a token in a message) stops here.
  return redact(lines.join('\n'))
}

/** The same error as data: the `error` member of `--json` and of evidence. */
export function renderErrorObject(error: unknown): { code: ErrorCode; title: string; why: string; fix: string } {
  const { code, title, why, fix } = asRadixError(error)
  return { code, title, why: redact(why), fix: redact(fix) }
}

/** RFC 9457 problem document. */
export function renderProblem(error: unknown, instance?: string): Record<string, unknown> & { status: number } {
  const known = asRadixError(error)
  return {
    type: problemType(known.code),
    title: known.title,
    status: known.httpStatus,
    detail: redact(known.why),
    ...(instance === undefined ? {} : { instance }),
    code: known.code,
    fix: known.fix,
    ...known.details,
  }
}

export function problemType(code: ErrorCode): string {
  return `${ERRORS_DOCUMENT_URL}#${code.toLowerCase()}`
}

/** Bugs become `INTERNAL`, with the original as the cause. */
export function asRadixError(error: unknown): RadixError {
  if (error instanceof RadixError) return error
  return new RadixError(
    'INTERNAL',
    { message: error instanceof Error ? error.message : String(error) },
    { cause: error },
  )
}

/** True for a code that is in the table: data from another process is checked, never trusted. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value)
}

function* causes(error: Error): Generator<string> {
  let cause = error.cause
  for (let depth = 0; cause instanceof Error && depth < 8; depth++) {
    // What the error says already is not repeated.
    const isTold = error instanceof RadixError && cause.message !== '' && error.why.includes(cause.message)
    if (!isTold) yield `${cause.name}: ${cause.message}`
    cause = cause.cause
  }
}
