/** The answer of some work, or an error once its time is over. The work itself is not stopped. */
export function within<T>(timeoutMs: number, work: Promise<T>, toError: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(toError()), timeoutMs)
  })
  return Promise.race([work, limit]).finally(() => clearTimeout(timer))
}
