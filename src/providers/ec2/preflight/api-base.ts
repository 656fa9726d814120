/** Checks that a machine elsewhere can reach the control plane: it has a public name, and something answers there. */

import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { EC2_LIMITS } from '../../../core/limits/ec2.ts'
import { withoutTrailingSlashes } from '../../../core/trailing-slashes.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import { errorFinding, type Finding, warningFinding } from '../../provider.ts'
import type { CheckContext } from './check.ts'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addSubnet('0.0.0.0', 8)
LOOPBACK.addSubnet('169.254.0.0', 16)
LOOPBACK.addAddress('::1', 'ipv6')

export async function checkApiBase({ request, usesRelay }: CheckContext): Promise<Finding[]> {
  if (usesRelay) return []
  const { apiBase } = request
  const say = (reason: string) => new RadixError('API_BASE_NOT_PUBLIC', { api_base: apiBase, reason })
  const { hostname, protocol } = new URL(apiBase)
  const host = hostname.replace(/^\[|\]$/g, '')
  const addresses = isIP(host) ? [{ address: host }] : await lookup(host, { all: true }).catch(() => [])
  if (addresses.length === 0) return [errorFinding(say('its name does not resolve'))]
  const isLoopback = addresses.some(({ address }) => LOOPBACK.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'))
  if (isLoopback) return [errorFinding(say('it is an address that only this machine can reach'))]
  try {
    const address = `${withoutTrailingSlashes(apiBase)}/healthz`
    const answer = await fetch(address, { redirect: 'manual', signal: AbortSignal.timeout(EC2_LIMITS.apiBase.value) })
    await answer.body?.cancel()
  } catch {
    return [errorFinding(say('nothing answers there'))]
  }
  if (protocol === 'https:') return []
  return [warningFinding(say('tokens travel unencrypted over http'))]
}
