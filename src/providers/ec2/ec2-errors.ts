/** The meaning of an AWS error: its kind, and the error that a user can act on. The codes are in aws-error-kinds.ts. */
import { EC2_LIMITS } from '../../core/limits/ec2.ts'
import { findNetworkError } from '../../core/network-errors.ts'
import { printableLine } from '../../core/printable.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { describePlacement, type Placement } from '../provider.ts'
import { type AwsErrorKind, kindOfCode } from './aws-error-kinds.ts'
import { explainQuota } from './quotas.ts'

/**
 * The network comes first: the SDK reports a missing route as credentials that cannot be loaded. An error that neither
 * AWS nor the network explains proves nothing, so it counts as unanswered.
 */
export function classifyEc2Error(error: unknown): AwsErrorKind {
  if (findNetworkError(error) !== undefined) return 'network'
  return kindOfCode(awsCodeOf(error)) ?? 'unanswered'
}

/** AWS's code, e.g. `InsufficientInstanceCapacity`; `unknown` for an error that is not from AWS. */
export function awsCodeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if ('Code' in error && typeof error.Code === 'string') return error.Code
  return error.name && error.name !== 'Error' ? error.name : 'unknown'
}

/** AWS's message with its code, without the SDK's advice to programmers and text that only AWS can decode. */
export function messageOf(error: unknown): string {
  const networkCode = findNetworkError(error)?.code
  const code = networkCode ?? awsCodeOf(error)
  if (networkCode === undefined && kindOfCode(code) === undefined && !isNamedByAws(error)) {
    return 'the answer of AWS could not be read (a proxy may have changed it)'
  }
  const text = printableLine(error instanceof Error ? error.message : String(error))
    .replace(/Deserialization error: to see the raw response.*/, '')
    .replace(/Encoded authorization failure message: \S+/, '')
    .trimEnd()
  return `${code}: ${text.length > EC2_LIMITS.awsMessage.value ? `${text.slice(0, EC2_LIMITS.awsMessage.value)}…` : text}`
}

/**
 * The user's error for a failed RunInstances. Only a known code that proves that nothing was launched counts as failed.
 */
export function toLaunchError(error: unknown, place: Placement): RadixError {
  if (error instanceof RadixError) return error
  const placement = describePlacement(place)
  const message = messageOf(error)
  const params = { provider: 'ec2', placement, message }
  const options = { cause: error }
  switch (classifyEc2Error(error)) {
    case 'capacity':
      return new RadixError('LAUNCH_CAPACITY', params, options)
    case 'quota':
      return new RadixError(
        'AWS_QUOTA_EXCEEDED',
        { placement, message, remedy: explainQuota(awsCodeOf(error), place) },
        options,
      )
    case 'permission':
    case 'account':
    case 'credentials':
      return toAwsError(error)
    case 'configuration':
    case 'gone': {
      const remedy = 'Correct the setting that the message names; `radix aws doctor` checks them all.'
      return new RadixError('LAUNCH_FAILED', { provider: 'ec2', message, remedy }, options)
    }
    case 'our-bug': {
      const remedy =
        'Report it at https://github.com/iangreen74/radix/issues: Radix sent a request that EC2 does not understand.'
      return new RadixError('LAUNCH_FAILED', { provider: 'ec2', message, remedy }, options)
    }
    default:
      return new RadixError('LAUNCH_UNANSWERED', params, options)
  }
}

/** The same for every other call. */
export function toAwsError(error: unknown): RadixError {
  if (error instanceof RadixError) return error
  const message = messageOf(error)
  const options = { cause: error }
  switch (classifyEc2Error(error)) {
    case 'permission':
      return new RadixError('AWS_ACCESS_DENIED', { message }, options)
    case 'account':
      return new RadixError('AWS_ACCOUNT_NOT_READY', { message, remedy: readinessRemedy(error) }, options)
    case 'credentials':
      return new RadixError('AWS_CREDENTIALS_INVALID', { message }, options)
    case 'network':
      return new RadixError('AWS_UNREACHABLE', { message, remedy: networkRemedy(error) }, options)
    default:
      return new RadixError('AWS_CALL_FAILED', { message }, options)
  }
}

/**
 * Runs work and turns its errors into ones that a user can act on. A `RadixError` and a bug of Radix pass unchanged.
 */
export async function explainAwsErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw isAwsError(error) ? toAwsError(error) : error
  }
}

/** True for errors of AWS, the SDK or the network; false for a bug of Radix. */
export function isAwsError(error: unknown): boolean {
  if (findNetworkError(error) !== undefined) return true
  // An unreadable answer has the response beside the error.
  return (
    error instanceof Error &&
    ('$metadata' in error || '$response' in error || kindOfCode(awsCodeOf(error)) !== undefined)
  )
}

function isNamedByAws(error: unknown): boolean {
  return error instanceof Error && '$fault' in error && awsCodeOf(error) !== 'unknown'
}

function networkRemedy(error: unknown): string {
  if (findNetworkError(error)?.failure === 'tls') {
    return 'A proxy or firewall answers instead of AWS with its own certificate: trust its CA with `NODE_EXTRA_CA_CERTS=/path/to/ca.pem`.'
  }
  return 'Check name resolution, route and proxy from this machine: `curl -I https://sts.amazonaws.com`.'
}

const READINESS_REMEDIES: Readonly<Record<string, string>> = {
  PendingVerification:
    'AWS verifies a new account within minutes, or four hours at most: wait for its e-mail, then run again. If none comes, ask AWS Support.',
  OptInRequired:
    'Complete the registration of the account (payment method, phone number), or accept the terms of the AMI in AWS Marketplace with the link in the message.',
  Blocked: 'AWS has blocked the account from EC2: ask AWS Support (https://console.aws.amazon.com/support).',
  RegionDisabledException:
    'Enable the region for the account (`aws account enable-region --region-name REGION`), or choose another with `--aws-region`.',
}

function readinessRemedy(error: unknown): string {
  return READINESS_REMEDIES[awsCodeOf(error)] ?? 'Complete the registration of the account in the AWS console.'
}
