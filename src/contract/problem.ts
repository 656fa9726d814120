/** Converts a problem document (RFC 9457) from the wire back to its error. */
import { SYSTEM_LIMITS } from '../core/limits/system.ts'
import { tryParseOutsideJson } from '../core/outside-json.ts'
import { RadixError } from '../errors/radix-error.ts'
import { isErrorCode } from '../errors/render.ts'
import { Problem } from './schemas/common.ts'

interface Context {
  baseUrl: string
  method: string
  path: string
}

/** The control plane's error, or `API_UNEXPECTED_ANSWER` if the body is not one of Radix's problem documents. */
export function problemToError(response: Response, text: string, context: Context): RadixError {
  const problem = parseProblem(text)
  const retryAfter = response.headers.get('retry-after')
  const details = {
    http_status: response.status,
    ...(retryAfter ? { retry_after_seconds: Number(retryAfter) } : {}),
  }
  if (problem && isErrorCode(problem.code)) {
    const { type: _, title: __, status: ___, instance: ____, detail: why, code, fix, ...members } = problem
    // The templates were filled where the error was created: only the text is sent.
    return new RadixError(code, {} as never, { words: { why, fix }, details: { ...members, ...details } })
  }
  return new RadixError(
    'API_UNEXPECTED_ANSWER',
    {
      api_base: context.baseUrl,
      method: context.method,
      path: context.path,
      status: response.status,
      reason: text ? `it begins with ${JSON.stringify(text.slice(0, 80))}` : 'it is empty',
    },
    { details },
  )
}

function parseProblem(text: string): Problem | undefined {
  return tryParseOutsideJson(text, Problem, { maxCharacters: SYSTEM_LIMITS.apiAnswer.value }) ?? undefined
}
