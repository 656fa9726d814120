import { describe, expect, it } from 'vitest'
import { classifyEc2Error, toAwsError, toLaunchError } from './ec2-errors.ts'

function awsError(name: string, status = 400): Error {
  return Object.assign(new Error('because'), { name, $metadata: { httpStatusCode: status } })
}

const PLACEMENT = { region: 'us-west-2', zone: 'us-west-2a', instanceType: 'g5.2xlarge', market: 'on-demand' } as const

describe('an error of EC2', () => {
  it.each([
    ['InsufficientInstanceCapacity', 'capacity', 'LAUNCH_CAPACITY', 5],
    ['MaxSpotInstanceCountExceeded', 'capacity', 'LAUNCH_CAPACITY', 5],
    ['VcpuLimitExceeded', 'quota', 'AWS_QUOTA_EXCEEDED', 5],
    ['UnauthorizedOperation', 'permission', 'AWS_ACCESS_DENIED', 4],
    ['ExpiredToken', 'credentials', 'AWS_CREDENTIALS_INVALID', 4],
    ['CredentialsProviderError', 'credentials', 'AWS_CREDENTIALS_INVALID', 4],
    ['InvalidSubnetID.NotFound', 'configuration', 'LAUNCH_FAILED', 1],
    ['RequestLimitExceeded', 'transient', 'LAUNCH_UNANSWERED', 1],
  ])('%s is of kind %s: %s, exit code %i', (name, kind, code, exitCode) => {
    expect(classifyEc2Error(awsError(name))).toBe(kind)
    const error = toLaunchError(awsError(name), PLACEMENT)
    expect(error).toMatchObject({ code, exitCode, why: expect.stringContaining(name) })
    expect(error.fix).not.toMatch(/\{[a-z_]+\}/)
  })

  it('that nobody has heard of is transient when the server failed or the line broke, else a configuration', () => {
    expect(classifyEc2Error(awsError('NewFailure', 503))).toBe('transient')
    expect(classifyEc2Error(Object.assign(new Error('x'), { code: 'ECONNRESET' }))).toBe('transient')
    expect(classifyEc2Error(awsError('NewRefusal', 400))).toBe('configuration')
  })

  it('of another call is explained as what a user can mend, or as a call that failed', () => {
    expect(toAwsError(awsError('AccessDenied')).code).toBe('AWS_ACCESS_DENIED')
    expect(toAwsError(awsError('Throttling')).code).toBe('AWS_CALL_FAILED')
  })
})
