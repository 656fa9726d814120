import { describe, expect, it, test } from 'vitest'
import { DEFAULT_NAMES } from '../names.ts'
import {
  DEFAULT_INSTANCE_TYPES,
  ec2Arn,
  githubPolicy,
  githubSubjects,
  githubTrustPolicy,
  instancePolicy,
} from './policies.ts'
import { findNarrowerSubjects, isSamePolicy } from './policy-comparison.ts'

const SCOPE = { partition: 'aws', accountId: '123456789012' }
const REGIONS = ['us-west-2', 'us-east-1']
const GITHUB_SCOPE = {
  ...SCOPE,
  regions: REGIONS,
  subnetArns: [
    ec2Arn(SCOPE)('subnet/subnet-0123456789abcdef0', 'us-west-2'),
    ec2Arn(SCOPE)('subnet/subnet-0fedcba9876543210', 'us-east-1'),
  ],
  instanceTypes: DEFAULT_INSTANCE_TYPES,
  instanceRoleName: DEFAULT_NAMES.instanceRole,
  instanceProfileName: DEFAULT_NAMES.instanceProfile,
}
const GITHUB = githubPolicy(GITHUB_SCOPE)
const REPOSITORY = { githubRepository: 'iangreen74/radix' }
const TRUST = githubTrustPolicy(SCOPE, githubSubjects(REPOSITORY))

describe('the role of the workflows', () => {
  it('allows only read actions on all resources', () => {
    const broad = GITHUB.Statement.filter(({ Resource }) => Resource === '*').flatMap(({ Action }) => Action)
    expect(broad.filter((action) => !/:(Describe|Get|List)/.test(action))).toEqual([])
  })

  it('allows no action by a wildcard', () => {
    expect(GITHUB.Statement.flatMap(({ Action }) => Action).filter((action) => action.includes('*'))).toEqual([])
  })

  it('changes nothing outside the given regions; the roles that it passes belong to no region', () => {
    const elsewhere = GITHUB.Statement.filter(
      ({ Condition }) => `${Condition?.StringEquals?.['aws:RequestedRegion']}` !== `${REGIONS}`,
    )
    expect(elsewhere.map(({ Sid }) => Sid)).toEqual([
      'PassInstanceRole',
      'FirstSpotInstanceOfTheAccount',
      'Look',
      'LookAtInstanceProfile',
    ])
  })

  it('keeps the buckets of relays, in this account only, and no others', () => {
    const onBuckets = GITHUB.Statement.filter(
      ({ Action }) => `${Action}`.includes('s3:') && !`${Action}`.includes('ec2:'),
    )
    expect([...new Set(onBuckets.flatMap(({ Resource }) => Resource))]).toEqual([
      'arn:aws:s3:::radix-relay-*',
      'arn:aws:s3:::radix-relay-*/*',
    ])
    const others = onBuckets.filter(({ Condition }) => !Condition?.StringEquals?.['aws:ResourceAccount'])
    // A bucket that does not exist yet belongs to no account.
    expect(others.flatMap(({ Action }) => Action)).toEqual(['s3:CreateBucket'])
  })

  it('fits into the role, whose inline policies IAM limits to 10,240 characters', () => {
    expect(JSON.stringify(GITHUB).length).toBeLessThan(10_240)
  })

  it('can be assumed only by workflows of the repository', () => {
    expect(TRUST.Statement[0]?.Condition).toEqual({
      StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' },
      StringLike: { 'token.actions.githubusercontent.com:sub': ['repo:iangreen74/radix:*'] },
    })
  })

  it('can be assumed by no other ref or environment when some are given', () => {
    const narrowed = { refs: ['refs/heads/main'], environments: ['benchmarks'] }
    const trust = githubTrustPolicy(SCOPE, githubSubjects({ ...REPOSITORY, ...narrowed }))
    expect(trust.Statement[0]?.Condition?.StringLike).toEqual({
      'token.actions.githubusercontent.com:sub': [
        'repo:iangreen74/radix:ref:refs/heads/main',
        'repo:iangreen74/radix:environment:benchmarks',
      ],
    })
  })

  it('sends commands only to machines of runs, and creates network interfaces only in its subnets', () => {
    const statement = (sid: string) => GITHUB.Statement.find(({ Sid }) => Sid === sid)
    expect(statement('ReadLogsOfRuns')?.Condition).toMatchObject({ Null: { 'ssm:resourceTag/radix:run-id': 'false' } })
    expect(statement('LaunchWithInterfaceInSubnets')?.Condition?.ArnEquals).toEqual({
      'ec2:Subnet': statement('LaunchIntoSubnets')?.Resource,
    })
    const onInterfaces = GITHUB.Statement.filter(({ Resource }) => `${Resource}`.includes('network-interface'))
    expect(onInterfaces).toHaveLength(1)
  })

  it('may launch with a given group made by hand, and with no other untagged group', () => {
    const arn = ec2Arn(SCOPE)('security-group/sg-0123456789abcdef0', 'us-west-2')
    const policy = githubPolicy({ ...GITHUB_SCOPE, securityGroupArns: [arn] })
    const groups = policy.Statement.filter(({ Resource }) => `${Resource}`.includes(':security-group/'))
    expect(
      groups.map(({ Resource, Condition }) => [
        Resource,
        Boolean(Condition?.StringEquals?.['aws:ResourceTag/ManagedBy']),
      ]),
    ).toEqual([
      ['arn:aws:ec2:*:123456789012:security-group/*', true],
      [[arn], false],
    ])
  })
})

test('policies are equal in any notation, and differ when they allow something else', () => {
  const policy = instancePolicy(SCOPE)
  const reordered = policy.Statement.map(({ Action, ...rest }) => ({ Action: [Action].flat().reverse(), ...rest }))
  const encode = (Statement: unknown) => encodeURIComponent(JSON.stringify({ Statement, Version: '2012-10-17' }))
  expect(isSamePolicy(encode(reordered.toReversed()), policy)).toBe(true)
  expect(isSamePolicy(encode(policy.Statement.slice(1)), policy)).toBe(false)
  expect(isSamePolicy('not JSON', policy)).toBe(false)
  expect(isSamePolicy(undefined, policy)).toBe(false)
})

describe('a trust that was narrowed', () => {
  const encode = (policy: unknown) => encodeURIComponent(JSON.stringify(policy))
  const main = 'repo:iangreen74/radix:ref:refs/heads/main'
  const changed = (change: (condition: Record<string, unknown>) => unknown) => {
    const [statement] = TRUST.Statement
    return encode({ ...TRUST, Statement: [{ ...statement, Condition: change({ ...statement?.Condition }) }] })
  }
  const sub = 'token.actions.githubusercontent.com:sub'

  it('is recognised with any operator', () => {
    const like = changed((condition) => ({ ...condition, StringLike: { [sub]: main } }))
    expect(findNarrowerSubjects(like, TRUST)).toEqual([main])
    const equals = changed(({ StringEquals }) => ({ StringEquals: { ...(StringEquals as object), [sub]: [main] } }))
    expect(findNarrowerSubjects(equals, TRUST)).toEqual([main])
  })

  it('does not count as one when it allows another repository, another audience, or every subject', () => {
    const other = changed((condition) => ({ ...condition, StringLike: { [sub]: [main, 'repo:other/radix:*'] } }))
    expect(findNarrowerSubjects(other, TRUST)).toBeUndefined()
    const everyAudience = changed(() => ({ StringLike: { [sub]: main } }))
    expect(findNarrowerSubjects(everyAudience, TRUST)).toBeUndefined()
    const narrow = githubTrustPolicy(SCOPE, githubSubjects({ ...REPOSITORY, refs: ['refs/heads/main'] }))
    expect(findNarrowerSubjects(encode(TRUST), narrow)).toBeUndefined()
    expect(findNarrowerSubjects('not JSON', TRUST)).toBeUndefined()
    expect(findNarrowerSubjects(undefined, TRUST)).toBeUndefined()
  })
})
