/** `ttlMinutes` and `ttl_minutes` are `ttl-minutes`. */
export function toKebabCase(member: string): string {
  return member.replaceAll('_', '-').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** `ttlMinutes` and `ttl_minutes` are `--ttl-minutes`. */
export function flagOf(member: string): string {
  return `--${toKebabCase(member)}`
}
