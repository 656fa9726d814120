/** True for what `fetch` throws when it is told to follow no redirect and there is one: undici says so in the cause alone. */
export function isRedirectError(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof Error && error.cause.message === 'unexpected redirect'
}
