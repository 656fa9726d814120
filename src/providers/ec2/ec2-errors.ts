/**
 * EC2's error codes, classified once: what each means for a launch, and what a user does about it.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
import { RadixError } from '../../errors/radix-error.ts'
import { describePlacement, type Placement } from '../provider.ts'

/**
 * `capacity`: another placement may have it. `quota` (what the account may use in a region, not what AWS has there),
 * `permission`, `configuration`, `credentials`: nothing helps but the fix. `transient`: the SDK has tried several times
 * already; the same call may be made again later.
 */
export type Ec2ErrorKind = 'capacity' | 'quota' | 'permission' | 'credentials' | 'configuration' | 'transient' | 'gone'

const KINDS: Readonly<Record<string, Ec2ErrorKind>> = {
  InsufficientInstanceCapacity: 'capacity',
  InsufficientHostCapacity: 'capacity',
  InsufficientReservedInstanceCapacity: 'capacity',
  InsufficientCapacityOnHost: 'capacity',
  SpotMaxPriceTooLow: 'capacity',
  // A quota, but of spot machines alone: on-demand, which is tried next, has one of its own.
  MaxSpotInstanceCountExceeded: 'capacity',
  InsufficientFreeAddressesInSubnet: 'capacity',
  Unsupported: 'capacity',
  UnsupportedOperation: 'configuration',
  InstanceLimitExceeded: 'quota',
  VcpuLimitExceeded: 'quota',
  VolumeLimitExceeded: 'quota',
  UnauthorizedOperation: 'permission',
  AccessDenied: 'permission',
  AccessDeniedException: 'permission',
  OptInRequired: 'permission',
  PendingVerification: 'permission',
  Blocked: 'permission',
  AuthFailure: 'credentials',
  ExpiredToken: 'credentials',
  ExpiredTokenException: 'credentials',
  RequestExpired: 'credentials',
  InvalidClientTokenId: 'credentials',
  InvalidToken: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  UnrecognizedClientException: 'credentials',
  CredentialsProviderError: 'credentials',
  TokenProviderError: 'credentials',
  RequestLimitExceeded: 'transient',
  Throttling: 'transient',
  ThrottlingException: 'transient',
  InternalError: 'transient',
  InternalFailure: 'transient',
  ServiceUnavailable: 'transient',
  Unavailable: 'transient',
  TimeoutError: 'transient',
  NetworkingError: 'transient',
  'InvalidInstanceID.NotFound': 'gone',
  'InvalidInstanceID.Malformed': 'gone',
  'InvalidVolume.NotFound': 'gone',
}

/** By the code, else by the family of the code; what is not known is a configuration that EC2 does not take. */
export function classifyEc2Error(error: unknown): Ec2ErrorKind {
  const code = awsCodeOf(error)
  const known = KINDS[code]
  if (known) return known
  if (statusOf(error) >= 500 || isConnectionError(error)) return 'transient'
  return 'configuration'
}

/** The code as AWS names it, e.g. `InsufficientInstanceCapacity`; `unknown` for what is not from AWS. */
export function awsCodeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if ('Code' in error && typeof error.Code === 'string') return error.Code
  return error.name && error.name !== 'Error' ? error.name : 'unknown'
}

/** The error of a launch, for a user. */
export function toLaunchError(error: unknown, place: Placement): RadixError {
  if (error instanceof RadixError) return error
  const placement = describePlacement(place)
  const message = `${awsCodeOf(error)}: ${error instanceof Error ? error.message : String(error)}`
  const params = { provider: 'ec2', placement, message }
  switch (classifyEc2Error(error)) {
    case 'capacity':
      return new RadixError('LAUNCH_CAPACITY', params, { cause: error })
    case 'transient':
      return new RadixError('LAUNCH_UNANSWERED', params, { cause: error })
    case 'quota':
      return new RadixError('AWS_QUOTA_EXCEEDED', { ...params, region: place.region ?? '' }, { cause: error })
    case 'permission':
      return new RadixError('AWS_ACCESS_DENIED', { message }, { cause: error })
    case 'credentials':
      return new RadixError('AWS_CREDENTIALS_INVALID', { message }, { cause: error })
    default:
      return new RadixError('LAUNCH_FAILED', { provider: 'ec2', message, log_path: 'not kept' }, { cause: error })
  }
}

/** The same for every other call. */
export function toAwsError(error: unknown): RadixError {
  if (error instanceof RadixError) return error
  const message = `${awsCodeOf(error)}: ${error instanceof Error ? error.message : String(error)}`
  const kind = classifyEc2Error(error)
  if (kind === 'permission') return new RadixError('AWS_ACCESS_DENIED', { message }, { cause: error })
  if (kind === 'credentials') return new RadixError('AWS_CREDENTIALS_INVALID', { message }, { cause: error })
  return new RadixError('AWS_CALL_FAILED', { message }, { cause: error })
}

/** Work whose errors a user can act on; a `RadixError` passes as it is. */
export async function explainAwsErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw toAwsError(error)
  }
}

function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return 0
  const { $metadata: metadata } = error
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return 0
  return Number(metadata.httpStatusCode)
}

function isConnectionError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(ECONN|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_)/.test(String(error.code))
}
