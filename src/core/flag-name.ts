/** `ttlMinutes` and `ttl_minutes` are `--ttl-minutes`. */
export function flagOf(member: string): string {
  const words = member.replaceAll('_', '-').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  return `--${words}`
}
