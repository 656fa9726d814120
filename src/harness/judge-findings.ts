/**
 * Turns the findings of a preflight into the error that ends a run: its code, its exit code, and every obstacle once.
 * Pure.
 */
import { printableLine } from '../core/printable.ts'
import { RadixError } from '../errors/radix-error.ts'
import { ERRORS } from '../errors/table.ts'
import type { Finding } from '../providers/provider.ts'

/**
 * `undefined` if there is no obstacle. Missing credentials decide the code whatever else was found, so scripts see one
 * exit code for them. Anything else is `PREFLIGHT_FAILED`.
 */
export function errorOfFindings(findings: readonly Finding[]): RadixError | undefined {
  const errors = findings.filter(({ severity }) => severity === 'error')
  const [first, ...others] = errors
  if (!first) return undefined
  const details = { findings }
  const leading = errors.find(lacksCredentials)
  if (leading) {
    const further = errors.filter((finding) => finding !== leading).map((finding) => `\n${describeFinding(finding)}`)
    const words = { why: [leading.message, ...further].join(''), fix: leading.fix }
    return new RadixError(leading.code, {} as never, { words, details })
  }
  const params = { count: errors.length, findings: `\n${errors.map(describeFinding).join('\n')}` }
  if (others.length > 0) return new RadixError('PREFLIGHT_FAILED', params, { details })
  const words = { why: `${first.code}: ${first.message}`, fix: first.fix }
  return new RadixError('PREFLIGHT_FAILED', params, { words, details })
}

/** As HTTP tells them apart: 401 means that the identity is not established, 403 that it lacks the permission. */
function lacksCredentials({ code }: Finding): boolean {
  return ERRORS[code].exitCode === 4 && ERRORS[code].httpStatus === 401
}

/** The finding and its reason, with the fix on a separate line. */
export function describeFinding({ code, message, fix }: Finding): string {
  return `${code}: ${printableLine(message)}\n  fix: ${printableLine(fix)}`
}
