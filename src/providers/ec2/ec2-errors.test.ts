import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../errors/table.ts'
import { classifyEc2Error, explainAwsErrors, messageOf, toAwsError, toLaunchError } from './ec2-errors.ts'
import { lookUp } from './look-up.ts'

/** The error of the SDK for an answer of AWS. */
function awsError(name: string, message = 'because', status = 400): Error {
  return Object.assign(new Error(message), { name, $fault: 'client', $metadata: { httpStatusCode: status } })
}
/** The error of Node, wrapped by the SDK if `wrapper` is given. */
function networkError(code: string, message: string, wrapper?: string): Error {
  const cause = Object.assign(new Error(message), { code })
  return wrapper ? Object.assign(new Error('Could not load credentials', { cause }), { name: wrapper }) : cause
}

const PLACEMENT = { region: 'us-west-2', zone: 'us-west-2a', instanceType: 'g5.2xlarge', market: 'on-demand' } as const

// Messages of AWS, word for word.
const LAUNCHES: [string, string, string, ErrorCode, RegExp][] = [
  [
    'InsufficientInstanceCapacity',
    'We currently do not have sufficient g5.2xlarge capacity in the Availability Zone you requested (us-west-2a).',
    'capacity',
    'LAUNCH_CAPACITY',
    /allow more choices/,
  ],
  [
    'InsufficientVolumeCapacity',
    'Insufficient capacity to create the volume.',
    'capacity',
    'LAUNCH_CAPACITY',
    /more choices/,
  ],
  [
    'ReservationCapacityExceeded',
    'The requested reservation does not have sufficient compatible and available capacity for this request.',
    'capacity',
    'LAUNCH_CAPACITY',
    /more choices/,
  ],
  ['MaxSpotInstanceCountExceeded', 'Max spot instance count exceeded', 'capacity', 'LAUNCH_CAPACITY', /more choices/],
  [
    'VcpuLimitExceeded',
    'You have requested more vCPU capacity than your current vCPU limit of 0 allows for the instance bucket that the specified instance type belongs to.',
    'quota',
    'AWS_QUOTA_EXCEEDED',
    /--region us-west-2 .*--quota-code L-DB2E81BA --desired-value 8`/,
  ],
  [
    'VolumeLimitExceeded',
    'You have exceeded your maximum gp3 storage limit of 50 TiB in this region.',
    'quota',
    'AWS_QUOTA_EXCEEDED',
    /--service-code ebs --quota-code L-7A658B76/,
  ],
  [
    'UnauthorizedOperation',
    'You are not authorized to perform this operation. Encoded authorization failure message: abcDEF123-_',
    'permission',
    'AWS_ACCESS_DENIED',
    /radix aws init/,
  ],
  [
    'PendingVerification',
    'Your request for accessing resources in this region is being validated, and you will not be able to launch additional resources in this region until the validation is complete.',
    'account',
    'AWS_ACCOUNT_NOT_READY',
    /wait for its e-mail/,
  ],
  [
    'OptInRequired',
    'You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe.',
    'account',
    'AWS_ACCOUNT_NOT_READY',
    /Complete the registration/,
  ],
  [
    'Blocked',
    'This account is currently blocked and not recognized as a valid account.',
    'account',
    'AWS_ACCOUNT_NOT_READY',
    /AWS Support/,
  ],
  [
    'ExpiredToken',
    'The security token included in the request is expired',
    'credentials',
    'AWS_CREDENTIALS_INVALID',
    /Sign in again/,
  ],
  [
    'CredentialsProviderError',
    'Could not load credentials from any providers',
    'credentials',
    'AWS_CREDENTIALS_INVALID',
    /Sign in again/,
  ],
  [
    'InvalidSubnetID.NotFound',
    "The subnet ID 'subnet-0123456789abcdef0' does not exist",
    'configuration',
    'LAUNCH_FAILED',
    /Correct the setting/,
  ],
  [
    'InvalidParameterValue',
    'Value () for parameter groupId is invalid.',
    'configuration',
    'LAUNCH_FAILED',
    /Correct the setting/,
  ],
  ['MissingParameter', 'The request must contain the parameter ImageId', 'our-bug', 'LAUNCH_FAILED', /Report it/],
  ['RequestLimitExceeded', 'Request limit exceeded.', 'throttled', 'LAUNCH_UNANSWERED', /looks for/],
  ['InternalError', 'An internal error has occurred', 'unanswered', 'LAUNCH_UNANSWERED', /looks for/],
  ['BrandNewRefusal', 'a code that is in no table', 'unanswered', 'LAUNCH_UNANSWERED', /looks for/],
]

describe('an error of a launch', () => {
  it.each(LAUNCHES)('%s (%s) is of kind %s: %s', (name, message, kind, code, fix) => {
    expect(classifyEc2Error(awsError(name, message))).toBe(kind)
    const error = toLaunchError(awsError(name, message), PLACEMENT)
    expect(error).toMatchObject({ code, why: expect.stringContaining(name), fix: expect.stringMatching(fix) })
    expect(error.fix).not.toMatch(/\{[a-z_]+\}|not kept/)
    expect(error.why).not.toContain('Encoded authorization')
  })

  it.each([
    [
      'an HTML page',
      new Error(
        "char 'h' is not expected.:1:1\n  Deserialization error: to see the raw response, inspect the hidden field {error}.$response on this object.",
      ),
    ],
    ['half of the XML', Object.assign(new SyntaxError('Unclosed tag'), { $metadata: { httpStatusCode: 200 } })],
    ['no instance', new Error('EC2 answered without an instance')],
    ['a bug of ours', new TypeError('undefined is not a function')],
  ])('from %s proves nothing, and hides the SDK', (_, error) => {
    const launch = toLaunchError(error, PLACEMENT)
    expect(launch.code).toBe('LAUNCH_UNANSWERED')
    expect(launch.why).not.toMatch(/\$response|Deserialization/)
  })
})

describe('a network that is down', () => {
  it.each([
    ['EHOSTUNREACH', 'connect EHOSTUNREACH 54.240.251.1:443', /route/],
    ['ENETUNREACH', 'connect ENETUNREACH 54.240.251.1:443', /route/],
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND sts.us-west-2.amazonaws.com', /name resolution/],
    ['ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.1:3128', /proxy/],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain', /NODE_EXTRA_CA_CERTS/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get local issuer certificate', /NODE_EXTRA_CA_CERTS/],
    ['CERT_HAS_EXPIRED', 'certificate has expired', /NODE_EXTRA_CA_CERTS/],
  ])('%s has its own error, and is never the credentials', (code, message, fix) => {
    for (const wrapper of [undefined, 'CredentialsProviderError', 'TokenProviderError']) {
      const error = toAwsError(networkError(code, message, wrapper))
      expect(error).toMatchObject({ code: 'AWS_UNREACHABLE', exitCode: 1, fix: expect.stringMatching(fix) })
      expect(toLaunchError(networkError(code, message, wrapper), PLACEMENT).code).toBe('LAUNCH_UNANSWERED')
    }
  })
})

it('of another service has a fix for the user, or is a failed call', () => {
  expect(toAwsError(awsError('AccessDeniedException')).code).toBe('AWS_ACCESS_DENIED')
  expect(toAwsError(awsError('ThrottlingException')).code).toBe('AWS_CALL_FAILED')
  expect(toAwsError(awsError('IDPRejectedClaim')).code).toBe('AWS_CREDENTIALS_INVALID')
  expect(toAwsError(awsError('RegionDisabledException'))).toMatchObject({
    code: 'AWS_ACCOUNT_NOT_READY',
    fix: expect.stringContaining('enable-region'),
  })
  expect(classifyEc2Error(awsError('ParameterNotFound'))).toBe('gone')
})

it('is never the error for a bug of Radix', async () => {
  const bug = new TypeError('undefined is not a function')
  await expect(explainAwsErrors(() => Promise.reject(bug))).rejects.toBe(bug)
  await expect(lookUp(() => Promise.reject(bug))).rejects.toBe(bug)
})

it('includes answers that the SDK could not read', async () => {
  const unread = Object.assign(new SyntaxError('Unexpected token <'), { $response: {} })
  await expect(explainAwsErrors(() => Promise.reject(unread))).rejects.toMatchObject({ code: 'AWS_CALL_FAILED' })
  expect(await lookUp(() => Promise.reject(unread))).toMatchObject({ outcome: 'unknown' })
})

it('shows no control characters, and at most one screen', () => {
  const text = messageOf(awsError('InvalidParameterValue', `\x1b]52;c;x\x07${'a'.repeat(5000)}`))
  expect(text.length).toBeLessThan(700)
  expect(text).not.toContain('\x1b')
})
