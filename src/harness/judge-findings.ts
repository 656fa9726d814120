/** From what a preflight found to the error that ends a run: its code, its exit code, and every obstacle once. Pure. */
import { RadixError } from '../errors/radix-error.ts'
import { ERRORS } from '../errors/table.ts'
import type { Finding } from '../providers/provider.ts'

const AUTHENTICATION = 4

/**
 * `undefined` where nothing stands in the way. One obstacle is that error itself. Of several the one that lacks credentials
 * decides, so that scripts see one exit code for it; else it is `PREFLIGHT_FAILED`.
 */
export function errorOfFindings(findings: readonly Finding[]): RadixError | undefined {
  const errors = findings.filter(({ severity }) => severity === 'error')
  const [first, ...others] = errors
  if (!first) return undefined
  const details = { findings }
  const leading = others.length === 0 ? first : errors.find(({ code }) => ERRORS[code].exitCode === AUTHENTICATION)
  if (leading) {
    const further = errors.filter((finding) => finding !== leading).map(describe)
    const words = {
      why: further.length > 0 ? `${leading.message}\nAlso: ${further.join('\n')}` : leading.message,
      fix: leading.fix,
    }
    return new RadixError(leading.code, {} as never, { words, details })
  }
  const params = { count: errors.length, findings: `\n${errors.map(describe).join('\n')}` }
  return new RadixError('PREFLIGHT_FAILED', params, { details })
}

function describe({ code, message, fix }: Finding): string {
  return `${code}: ${message} (fix: ${fix})`
}
