/**
 * Removes secrets from text before it is stored or shown. Opaque tokens have prefixes of their own, so that this and
 * secret scanners find them. Linear in the length of the text: nothing here may scan one stretch twice.
 */
import { cutText } from './cut-text.ts'
import { SYSTEM_LIMITS } from './limits/system.ts'

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

export const REDACTED = '[redacted]'

/** What follows is a secret, however short: `AWS_SECRET_ACCESS_KEY=`, `"SessionToken" :`, `X-Amz-Signature=`. */
const SECRET_NAME =
  'secret(?:[_-]?(?:access)?[_-]?key)?|passw(?:or)?d|passphrase|(?:api|private|account|shared|storage)[_-]?key|x-amz-signature' +
  '|(?:session|security|access|auth|refresh|id|bearer|api|bot|hf|gh|github|gitlab|slack|npm)[_-]?token'
const IS_SECRET_NAME = new RegExp(SECRET_NAME, 'i')
/** Between the name and the value, also in JSON inside of JSON. */
const SEPARATOR = String.raw`\\*["']?\s*[=:]\s*`
const QUOTED = String.raw`"(?:[^"\\\n]|\\.)+|'(?:[^'\\\n]|\\.)+|\\+["'][^"'\\\n]+`

/** Each gives what stays in front as `before`; the rest of the match is the secret. */
const NAMED: readonly RegExp[] = [
  new RegExp(String.raw`(?<before>(?:${SECRET_NAME})${SEPARATOR})(?:${QUOTED}|[^\s"'\x60,}\\]{6,})`, 'gi'),
  // A name that ends in `token` is common in sentences: there, only what is too long for a word is a secret.
  new RegExp(String.raw`(?<before>token(?:=|${SEPARATOR}(?=\\*["'])))(?:${QUOTED}|[^\s"'\x60,}\\]{6,})`, 'gi'),
  new RegExp(String.raw`(?<before>token${SEPARATOR})[^\s"'\x60,}\\]{16,}`, 'gi'),
  new RegExp(String.raw`(?<before>authorization${SEPARATOR}["']?[a-z][a-z0-9-]*[ \t]+)[^\s"'\x60,}\\]{6,}`, 'gi'),
  new RegExp(String.raw`(?<before>authorization${SEPARATOR}["']?)[^\s"'\x60,}\\]{16,}`, 'gi'),
  /(?<before>\bbearer[ \t]+)[\w.~+/=-]{16,}/gi,
  /(?<before>\bcookie["']?: ?)[^\n"]{6,}/gi,
]

const TOKENS: readonly RegExp[] = [
  /radix_(?:ot|ct|ak|lt|rt|st|ln|si)_[\w-]+/g,
  // The secret of a webhook
  /whsec_[\w+/=-]{20,}/g,
  // GitHub, GitLab, Slack, Hugging Face, OpenAI and those like it, NVIDIA, npm, PyPI, Docker, Google
  /(?<![A-Za-z0-9])(?:gh[oprsu]_|github_pat_|glpat-|hf_|sk[-_]|rk_live_|nvapi-|npm_|pypi-|dckr_pat_|AIza)[\w-]{20,}/g,
  /(?<![A-Za-z0-9])(?:xox[a-z]|xapp)-[\w-]{10,}/g,
  /(?<=hooks\.slack\.com\/services\/)[\w/]{10,}/g,
  // AWS access key ids
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  // A private key in PEM, also with its line ends written as \n, or cut off
  /-----BEGIN (?:[A-Z]+ ){0,4}PRIVATE KEY-----(?:[A-Za-z0-9+/=\s]|\\[nr])*(?:-----END (?:[A-Z]+ ){0,4}PRIVATE KEY-----)?/g,
  // The line of it that holds the secret of an Ed25519 key: logs are redacted by the line
  /\bMC4CAQAwBQYDK2VwBCIEI[A-Za-z0-9+/]{43}/g,
]

/** Text longer than `SYSTEM_LIMITS.redactedText` is cut there: text that was not searched is not shown. */
export function redact(text: string): string {
  let result = cutText(text, SYSTEM_LIMITS.redactedText.value)
  for (const pattern of TOKENS) result = result.replaceAll(pattern, REDACTED)
  result = result.replaceAll(/[\w.-]+/g, (run) => (run.includes('eyJ') ? redactJwts(run) : run))
  result = result.replaceAll(/:\/\/[^\s/"'<>]*@/g, redactUserInfo)
  for (const pattern of NAMED) result = result.replaceAll(pattern, redactNamed)
  return result
}

/** True for the name of a member whose value is a secret, whatever it looks like. */
export function isSecretName(name: string): boolean {
  return IS_SECRET_NAME.test(name)
}

/** A JWT: three base64url parts with dots between them, the first of which begins with `{"`. */
function redactJwts(run: string): string {
  const parts = run.split('.')
  const kept: string[] = []
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] ?? ''
    const start = part.indexOf('eyJ')
    const isJwt = start >= 0 && part.length - start >= 11 && (parts[at + 1]?.length ?? 0) >= 8 && at + 2 < parts.length
    kept.push(isJwt ? part.slice(0, start) + REDACTED : part)
    if (isJwt) at += 2
  }
  return kept.join('.')
}

/** `://user:password@` keeps the user; a long user alone is a token, a short one a name (`ssh://git@`). */
function redactUserInfo(match: string): string {
  const info = match.slice(3, -1)
  const colon = info.indexOf(':')
  const secret = colon < 0 ? info : info.slice(colon + 1)
  if (secret === '' || isPlaceholder(secret) || (colon < 0 && info.length < 16)) return match
  return `://${colon < 0 ? '' : info.slice(0, colon + 1)}${REDACTED}@`
}

function redactNamed(match: string, before: string): string {
  const [quote = ''] = /^\\*["']?/.exec(match.slice(before.length)) ?? []
  return isPlaceholder(match.slice(before.length + quote.length)) ? match : before + quote + REDACTED
}

/** What documentation and advice write in the place of a secret, and what was redacted before. */
function isPlaceholder(value: string): boolean {
  return /^(?:\[redacted\]|<|\$[({]|…|\*{3}|(?:your-)?password$)/i.test(value)
}
