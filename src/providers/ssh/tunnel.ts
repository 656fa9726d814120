/** Where the agent on a host finds the control plane. Pure. */
import { BlockList, isIP } from 'node:net'
import { withoutTrailingSlashes } from '../../core/trailing-slashes.ts'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')

export interface TunnelTarget {
  host: string
  port: number
}

/** Undefined if the host can reach the control plane itself: only an address of this machine needs a tunnel. */
export function tunnelTargetOf(apiBase: string): TunnelTarget | undefined {
  const { hostname, port, protocol } = new URL(apiBase)
  const host = hostname.replace(/^\[|\]$/g, '')
  const version = isIP(host)
  const isHere = host === 'localhost' || (version !== 0 && LOOPBACK.check(host, version === 6 ? 'ipv6' : 'ipv4'))
  if (!isHere) return undefined
  return { host: version === 6 ? `[${host}]` : host, port: Number(port) || (protocol === 'https:' ? 443 : 80) }
}

/** The address of the control plane through the tunnel. */
export function apiBaseThrough(apiBase: string, port: number): string {
  const url = new URL(apiBase)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return withoutTrailingSlashes(url.href)
}
