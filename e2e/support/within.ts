/** Waits of tests, each with a limit and an error that names what was waited for. */

/** Rejects when `work` has not settled in time; `what` is asked then: `the end of radix bench run, which wrote …`. */
export async function within<T>(timeoutMs: number, work: Promise<T>, what: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${timeoutMs / 1000} s in vain for ${what()}`)), timeoutMs)
  })
  try {
    return await Promise.race([work, tooLate])
  } finally {
    clearTimeout(timer)
  }
}

/** For calls that take a signal, such as those of the AWS SDK and `fetch`. */
export function signalFor(timeoutMs: number, what: string): AbortSignal {
  const controller = new AbortController()
  const reason = new Error(`waited ${timeoutMs / 1000} s in vain for ${what}`)
  setTimeout(() => controller.abort(reason), timeoutMs).unref()
  return controller.signal
}
