/**
 * Which addresses a webhook may reach: public ones by https. A tenant's admin chooses the URL, and the server is inside
 * of a network whose services may trust it, so everything else needs the operator's word. Pure.
 */
import { BlockList, isIP, isIPv4 } from 'node:net'

/** Special-purpose addresses (RFC 6890 and its registries): this host, private networks, metadata services, multicast. */
const SPECIAL = toList([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  'fc00::/7',
  'fe80::/9',
  'ff00::/8',
])

/** Why no delivery goes to this URL; undefined where one may. A name is looked at again once it has an address. */
export function refuseAddress(url: URL, allowed: readonly string[]): string | undefined {
  if (url.username || url.password) return 'it contains a user name or a password'
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'it is not an https URL'
  if (url.protocol === 'http:' && allowed.length === 0) return 'it is not an https URL'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return isIP(host) !== 0 && !mayReach(host, url, allowed) ? `${host} is not a public address` : undefined
}

/** Without TLS only what the operator allows: nothing secret crosses the internet in the clear. */
export function mayReach(address: string, { protocol }: URL, allowed: readonly string[]): boolean {
  const plain = unmap(address)
  const family = isIPv4(plain) ? 'ipv4' : 'ipv6'
  if (toList(allowed).check(plain, family)) return true
  return protocol === 'https:' && !SPECIAL.check(plain, family)
}

/** An IPv4 address in the clothes of an IPv6 one. Node writes it with two groups of hexadecimal digits or as IPv4. */
function unmap(address: string): string {
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (dotted?.[1]) return dotted[1]
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address) ?? []
  if (high === undefined || low === undefined) return address
  const [first, second] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return [first >> 8, first & 255, second >> 8, second & 255].join('.')
}

function toList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    list.addSubnet(address, Number(prefix ?? (family === 'ipv4' ? 32 : 128)), family)
  }
  return list
}
