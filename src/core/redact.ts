/**
 * Removes secrets from text before it is stored or shown. Opaque tokens have prefixes of their own so that they are
 * found here, and by secret scanners.
 */

/** `radix_` + kind + `_` + 43 characters of base64url (32 random bytes). */
export const TOKEN_PREFIXES = {
  onboarding: 'radix_ot_',
  cluster: 'radix_ct_',
  apiKey: 'radix_ak_',
  lease: 'radix_lt_',
  run: 'radix_rt_',
  session: 'radix_st_',
  link: 'radix_ln_',
  signIn: 'radix_si_',
} as const

const PATTERNS: readonly RegExp[] = [
  /radix_(?:ot|ct|ak|lt|rt|st|ln|si)_[A-Za-z0-9_-]+/g,
  // A JWT: three base64url parts, the first of which begins with {"
  /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g,
  // AWS access key ids, and what follows the names of its secrets
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /(?<=(?:aws_secret_access_key|aws_session_token|password|passwd|secret)["']?\s*[=:]\s*["']?)[^\s"',}]{6,}/gi,
  // A private key in PEM, also with its line ends written as \n, or cut off
  /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:[A-Za-z0-9+/=\s]|\\[nr])*(?:-----END (?:[A-Z]+ )*PRIVATE KEY-----)?/g,
  // The line of it that holds the secret of an Ed25519 key: logs are redacted by the line
  /\bMC4CAQAwBQYDK2VwBCIEI[A-Za-z0-9+/]{43}/g,
  // The password in a URL
  /(?<=[a-z][a-z0-9+.-]*:\/\/[^\s:@/]+:)[^\s@/]+(?=@)/gi,
]

export const REDACTED = '[redacted]'

export function redact(text: string): string {
  return PATTERNS.reduce((result, pattern) => result.replaceAll(pattern, REDACTED), text)
}
