/** Requests to a control plane of a data directory. They wait while it starts, and go to the next one when it ends. */
import type { ServerInUse } from './find-server.ts'

/**
 * `fetch` for a server that may still be starting. `url`: the address that the client uses. Throws what `toError` makes
 * of the reason if no server can be started.
 */
export function createFollowingFetch(
  starting: Promise<ServerInUse>,
  url: string,
  toError = (reason: unknown) => reason,
): typeof globalThis.fetch {
  const whenUp = async () => {
    try {
      const server = await starting
      await server.whenUp()
      return server
    } catch (error) {
      throw toError(error)
    }
  }
  return async (input, init) => {
    const server = await unlessAborted(whenUp(), init?.signal)
    const address = String(input)
    return globalThis.fetch(address.startsWith(url) ? server.url + address.slice(url.length) : address, init)
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
