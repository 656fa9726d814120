/** An address of this machine that another could reach: the preflight refuses the loopback. */
import { networkInterfaces } from 'node:os'

export function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])
  const own = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)
  if (!own) throw new Error('this machine has no address of its own')
  return own.address
}
