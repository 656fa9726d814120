/**
 * The error codes of AWS, each classified once, by service. A code that is not here has no kind: it proves nothing, so a
 * launch that ends with it is looked for.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html
 */

export type AwsErrorKind =
  /** AWS has none now: another zone, type, market or region may have it. */
  | 'capacity'
  /** The account may not use more in this region. */
  | 'quota'
  /** The role lacks the permission. */
  | 'permission'
  /** AWS does not let the account (or its region) launch at all yet. */
  | 'account'
  | 'credentials'
  /** A setting of the user has a value that AWS does not accept. */
  | 'configuration'
  /** AWS refused the call because of its rate; the SDK has repeated it already. */
  | 'throttled'
  /**
   * It is not known whether AWS carried out the call: it failed internally, or the answer was lost, late or garbled.
   */
  | 'unanswered'
  /** AWS was not reached: name, route, proxy or TLS. */
  | 'network'
  /** The resource does not exist, or no longer exists. */
  | 'gone'
  /** AWS reports that the request itself is malformed: a bug of Radix. */
  | 'our-bug'

type Kinds = Readonly<Record<string, AwsErrorKind>>

const ANY_SERVICE: Kinds = {
  AccessDenied: 'permission',
  AccessDeniedException: 'permission',
  NotAuthorized: 'permission',
  OptInRequired: 'account',
  SubscriptionRequiredException: 'account',
  ExpiredToken: 'credentials',
  ExpiredTokenException: 'credentials',
  RequestExpired: 'credentials',
  InvalidClientTokenId: 'credentials',
  InvalidToken: 'credentials',
  IncompleteSignature: 'credentials',
  InvalidSignatureException: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  MissingAuthenticationToken: 'credentials',
  MissingAuthenticationTokenException: 'credentials',
  UnrecognizedClientException: 'credentials',
  // The SDK's own, before any request.
  CredentialsProviderError: 'credentials',
  TokenProviderError: 'credentials',
  EndpointError: 'configuration',
  RequestLimitExceeded: 'throttled',
  Throttling: 'throttled',
  ThrottlingException: 'throttled',
  ThrottledException: 'throttled',
  TooManyRequestsException: 'throttled',
  RequestThrottled: 'throttled',
  InternalError: 'unanswered',
  InternalErrorException: 'unanswered',
  InternalFailure: 'unanswered',
  InternalServerError: 'unanswered',
  ServiceException: 'unanswered',
  ServiceUnavailable: 'unanswered',
  ServiceUnavailableException: 'unanswered',
  Unavailable: 'unanswered',
  // From the SDK and from Radix (call-limits.ts, list-all.ts).
  TimeoutError: 'unanswered',
  AbortError: 'unanswered',
  RequestTimeout: 'unanswered',
  AwsCallTimedOut: 'unanswered',
  AwsListTooLong: 'unanswered',
  AwsAnswerWithoutList: 'unanswered',
  InvalidAction: 'our-bug',
  InvalidQueryParameter: 'our-bug',
  MalformedQueryString: 'our-bug',
  MissingAction: 'our-bug',
  MissingParameter: 'our-bug',
  UnknownParameter: 'our-bug',
  SerializationException: 'our-bug',
  UnknownOperationException: 'our-bug',
}

const EC2: Kinds = {
  InsufficientInstanceCapacity: 'capacity',
  InsufficientHostCapacity: 'capacity',
  InsufficientReservedInstanceCapacity: 'capacity',
  InsufficientCapacity: 'capacity',
  InsufficientCapacityOnHost: 'capacity',
  InsufficientVolumeCapacity: 'capacity',
  ReservationCapacityExceeded: 'capacity',
  InsufficientFreeAddressesInSubnet: 'capacity',
  SpotMaxPriceTooLow: 'capacity',
  // A quota of spot machines only: on-demand, which is tried next, has its own.
  MaxSpotInstanceCountExceeded: 'capacity',
  // This type does not exist in this zone.
  Unsupported: 'capacity',
  UnsupportedOperation: 'configuration',
  InstanceLimitExceeded: 'quota',
  VcpuLimitExceeded: 'quota',
  VolumeLimitExceeded: 'quota',
  MaxIOPSLimitExceeded: 'quota',
  AddressLimitExceeded: 'quota',
  NetworkInterfaceLimitExceeded: 'quota',
  PrivateIpAddressLimitExceeded: 'quota',
  UnauthorizedOperation: 'permission',
  PendingVerification: 'account',
  Blocked: 'account',
  AuthFailure: 'credentials',
  IdempotentParameterMismatch: 'configuration',
  InvalidParameter: 'configuration',
  InvalidParameterCombination: 'configuration',
  InvalidParameterValue: 'configuration',
  InvalidInput: 'configuration',
  InvalidBlockDeviceMapping: 'configuration',
  InvalidInterface: 'configuration',
  InvalidUserData: 'configuration',
  DefaultVpcDoesNotExist: 'configuration',
  VPCIdNotSpecified: 'configuration',
  OperationNotPermitted: 'configuration',
  DependencyViolation: 'configuration',
  IncorrectState: 'configuration',
  IncorrectInstanceState: 'configuration',
  VolumeInUse: 'configuration',
  'InvalidInstanceID.NotFound': 'gone',
  'InvalidInstanceID.Malformed': 'gone',
  'InvalidVolume.NotFound': 'gone',
}

/** `InvalidSubnetID.NotFound`, `InvalidAMIID.Unavailable`: EC2 examined the request and refused it. */
const EC2_REFUSAL = /^Invalid[A-Za-z]+\.[A-Za-z]+$/

const SSM: Kinds = {
  ParameterNotFound: 'gone',
  InvalidResourceId: 'gone',
  InvalidInstanceId: 'gone',
  InvocationDoesNotExist: 'gone',
  ParameterLimitExceeded: 'quota',
  ParameterAlreadyExists: 'configuration',
  InvalidKeyId: 'configuration',
  HierarchyLevelLimitExceededException: 'our-bug',
  ParameterPatternMismatchException: 'our-bug',
  ValidationException: 'our-bug',
  TooManyUpdates: 'throttled',
}

/** STS, and IAM beside it. */
const STS: Kinds = {
  IDPCommunicationError: 'unanswered',
  IDPRejectedClaim: 'credentials',
  InvalidIdentityToken: 'credentials',
  RegionDisabledException: 'account',
  NoSuchEntity: 'gone',
  NoSuchEntityException: 'gone',
  LimitExceeded: 'quota',
  LimitExceededException: 'quota',
  NoSuchResourceException: 'gone',
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const S3: Kinds = {
  NoSuchBucket: 'gone',
  NoSuchKey: 'gone',
  NotFound: 'gone',
  NoSuchTagSet: 'gone',
  TooManyBuckets: 'quota',
  BucketAlreadyExists: 'configuration',
  BucketAlreadyOwnedByYou: 'configuration',
  BucketNotEmpty: 'configuration',
  InvalidBucketState: 'configuration',
  InvalidAccessKeyId: 'credentials',
  SlowDown: 'throttled',
  OperationAborted: 'throttled',
  MalformedXML: 'our-bug',
}

const KINDS: Kinds = { ...ANY_SERVICE, ...EC2, ...SSM, ...STS, ...S3 }

/** `undefined` for a code that is in no table. */
export function kindOfCode(code: string): AwsErrorKind | undefined {
  return Object.hasOwn(KINDS, code) ? KINDS[code] : EC2_REFUSAL.test(code) ? 'configuration' : undefined
}
