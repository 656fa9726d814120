/**
 * Errors below HTTP, each classified once by the `code` that Node, its `fetch` and its TLS give: for the control plane,
 * AWS, registries and issuers alike. Pure.
 */

export type NetworkFailure =
  /** The name does not resolve. */
  | 'name'
  /** There is no way to the address. */
  | 'route'
  | 'refused'
  /** The connection was made, and ended in the middle. */
  | 'broken'
  | 'timed-out'
  /** The certificate is not trusted, or the other side does not speak TLS. */
  | 'tls'

/** Codes as Node has them: of the system, of its fetch (undici), and of OpenSSL. The first fitting one counts. */
const BY_CODE: readonly [code: RegExp, failure: NetworkFailure][] = [
  [/^(ENOTFOUND$|EAI_)/, 'name'],
  [/^ECONNREFUSED$/, 'refused'],
  [/^(ETIMEDOUT$|UND_ERR_[A-Z_]*TIMEOUT$)/, 'timed-out'],
  [/^(EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL)$/, 'route'],
  [/^(EPROTO$|CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH$|INVALID_CA$)/, 'tls'],
  [/^(ECONN|EPIPE$|UND_ERR_)/, 'broken'],
]

const LONGEST_CAUSE_CHAIN = 8

export function classifyNetworkCode(code: string): NetworkFailure | undefined {
  return BY_CODE.find(([pattern]) => pattern.test(code))?.[1]
}

export interface FoundNetworkError {
  failure: NetworkFailure
  code: string
  error: Error
}

/** The first network error of the chain of causes: `fetch` and SDKs wrap it, several times. */
export function findNetworkError(error: unknown, depth = 0): FoundNetworkError | undefined {
  if (!(error instanceof Error) || depth > LONGEST_CAUSE_CHAIN) return undefined
  const code = 'code' in error ? String(error.code) : ''
  const failure = classifyNetworkCode(code)
  // The parts of an AggregateError say what it does not.
  const inner = [...(error instanceof AggregateError ? error.errors : []), error.cause]
  if (failure !== undefined && error.message !== '') return { failure, code, error }
  return inner.map((each) => findNetworkError(each, depth + 1)).find((found) => found !== undefined)
}

/** What happened, as a clause for people. */
export function describeNetworkError(error: unknown): string {
  if (isTimeout(error)) return 'it did not answer in time'
  const found = findNetworkError(error)
  if (found) return found.error.message
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (isUnexpectedRedirect(error)) {
    return 'it sends to another address, and credentials are not sent on; use that address itself'
  }
  return cause instanceof Error ? cause.message : String(cause)
}

/** The request may have reached the other side, which gave no answer. */
export function mayHaveArrived(error: unknown): boolean {
  const failure = findNetworkError(error)?.failure
  return isTimeout(error) || failure === 'broken' || failure === 'timed-out'
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError'
}

/** What `fetch` throws with `redirect: 'error'`. */
export function isUnexpectedRedirect(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof Error && error.cause.message === 'unexpected redirect'
}
