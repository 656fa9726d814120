/** Requests to an embedded control plane. They wait while it starts, and follow it to a new address after a restart. */
import { ControlPlaneLost } from '../../harness/control-plane-lost.ts'
import type { ServerInUse } from '../shared/find-server.ts'

/**
 * `fetch` for a server that may still be starting. `url`: the address that the client uses. Throws `ControlPlaneLost`
 * if the server cannot be started.
 */
export function createEmbeddedFetch(starting: Promise<ServerInUse>, url: string): typeof globalThis.fetch {
  return async (input, init) => {
    const server = await unlessAborted(whenUp(starting), init?.signal)
    const address = String(input)
    return globalThis.fetch(address.startsWith(url) ? server.url + address.slice(url.length) : address, init)
  }
}

async function whenUp(starting: Promise<ServerInUse>): Promise<ServerInUse> {
  try {
    const server = await starting
    await server.whenUp()
    return server
  } catch (error) {
    throw new ControlPlaneLost(error)
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
