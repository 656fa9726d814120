/**
 * What OpenSSH's client says when it fails, each message classified once: what the user can do about it, and whether
 * the command can have run on the host. `ssh-errors.test.ts` provokes the messages of a real client and server. Pure.
 */
import { RadixError } from '../../errors/radix-error.ts'
import type { ProgramOutcome } from '../../system/run-program.ts'

export type SshErrorCode =
  | 'SSH_CLIENT_UNUSABLE'
  | 'SSH_HOST_KEY_CHANGED'
  | 'SSH_HOST_KEY_UNKNOWN'
  | 'SSH_ACCESS_DENIED'
  | 'SSH_HOST_UNREACHABLE'
  | 'SSH_CONNECTION_LOST'
  | 'SSH_HOST_UNSUITABLE'

/** The first fitting row counts: a changed key is followed by a general line, and a lost connection by several. */
const MESSAGES: readonly [message: RegExp, code: SshErrorCode][] = [
  [/REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed/, 'SSH_HOST_KEY_CHANGED'],
  [/No \S+ host key is known for|Host key verification failed|REVOKED HOST KEY/, 'SSH_HOST_KEY_UNKNOWN'],
  [
    /Bad (?:owner or permissions|configuration option)|terminating, \d+ bad configuration|Can't open user config/,
    'SSH_CLIENT_UNUSABLE',
  ],
  [
    /Permission denied \(|Too many authentication failures|Received disconnect from .*:2: Too many/,
    'SSH_ACCESS_DENIED',
  ],
  [/Could not resolve hostname|Connection refused|Connection timed out during banner exchange/, 'SSH_HOST_UNREACHABLE'],
  [/connect to host .* port \d+: |No route to host|Network is unreachable/, 'SSH_HOST_UNREACHABLE'],
  [/kex_exchange_identification|banner exchange|no matching .* found/, 'SSH_HOST_UNREACHABLE'],
  [/remote port forwarding failed|administratively prohibited/, 'SSH_HOST_UNSUITABLE'],
  [/Connection (?:closed|reset)|closed by remote host|Broken pipe|not responding|client_loop/, 'SSH_CONNECTION_LOST'],
]

/** Of these, nothing ran on the host. */
const NOTHING_RAN: ReadonlySet<SshErrorCode> = new Set([
  'SSH_CLIENT_UNUSABLE',
  'SSH_HOST_KEY_CHANGED',
  'SSH_HOST_KEY_UNKNOWN',
  'SSH_ACCESS_DENIED',
  'SSH_HOST_UNREACHABLE',
])

/** Waiting may help with these; the others need the user. */
const MAY_PASS: ReadonlySet<string> = new Set(['SSH_HOST_UNREACHABLE', 'SSH_CONNECTION_LOST'])

export function classifySshMessage(stderr: string): SshErrorCode {
  return MESSAGES.find(([message]) => message.test(stderr))?.[1] ?? 'SSH_CONNECTION_LOST'
}

/** Its own; every other exit code is that of the command on the host. */
const SSH_FAILED = 255

/** The error of an `ssh` that failed. `host`: its name in the inventory; `address`: for people. */
export function sshErrorOf(host: string, address: string, outcome: ProgramOutcome): RadixError {
  const lost = (reason: string) => new RadixError('SSH_CONNECTION_LOST', { host, reason })
  if (outcome.outcome === 'not-started') {
    return new RadixError('SSH_CLIENT_UNUSABLE', { host, reason: `the program ssh cannot be run: ${outcome.reason}` })
  }
  if (outcome.outcome === 'too-much-output') return lost('the answer is too long')
  if (outcome.outcome === 'timed-out') return lost('it did not answer in time')
  const reason = readMessage(outcome.stderr) || `the command ended with exit code ${outcome.exitCode ?? outcome.signal}`
  const isOfSsh = outcome.exitCode === SSH_FAILED || outcome.exitCode === null
  const code = isOfSsh ? classifySshMessage(outcome.stderr) : 'SSH_HOST_UNSUITABLE'
  if (code === 'SSH_HOST_UNSUITABLE') return new RadixError(code, { host, reason, remedy: remedyOf(reason, address) })
  return new RadixError(code, { host, address, reason })
}

const REMEDIES: readonly [reason: RegExp, remedy: string][] = [
  [
    /forward|prohibited/,
    'Let its SSH server forward ports (`AllowTcpForwarding yes`), or give a control plane that the host can reach: `--api-base`.',
  ],
  [/No space left|quota/i, 'Free space on the host, or give another `directory` in the inventory.'],
]

function remedyOf(reason: string, address: string): string {
  const known = REMEDIES.find(([pattern]) => pattern.test(reason))
  return known?.[1] ?? `Check that \`ssh\` runs commands there (${address}): the account needs a shell.`
}

/** True if the error proves that the command did not start on the host. */
export function provesThatNothingRan(error: RadixError): boolean {
  return NOTHING_RAN.has(error.code as SshErrorCode)
}

export function mayPass(error: RadixError): boolean {
  return MAY_PASS.has(error.code)
}

/** The last lines that are not about the progress of the connection. */
function readMessage(stderr: string): string {
  const lines = stderr
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(
      (line) =>
        line !== '' &&
        !/^(?:debug\d:|OpenSSH_|Authenticated to|Transferred:|Bytes per|@+$|\*\*|Warning: Permanently)/.test(line),
    )
  return lines.slice(-3).join(' ').slice(0, 400)
}
