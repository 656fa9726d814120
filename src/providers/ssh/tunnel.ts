/** Where the agent on a host finds the control plane. Pure. */

import { withoutTrailingSlashes } from '../../core/trailing-slashes.ts'
import { isLoopback } from '../../system/loopback.ts'

export interface TunnelTarget {
  host: string
  port: number
}

/** Undefined if the host can reach the control plane itself: only an address of this machine needs a tunnel. */
export function tunnelTargetOf(apiBase: string): TunnelTarget | undefined {
  if (!isLoopback(apiBase)) return undefined
  const { hostname, port, protocol } = new URL(apiBase)
  return { host: hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80) }
}

/** The address of the control plane through the tunnel. */
export function apiBaseThrough(apiBase: string, port: number): string {
  const url = new URL(apiBase)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return withoutTrailingSlashes(url.href)
}
