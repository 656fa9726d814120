/**
 * The IAM policies as data: part of the account's definition (definition.ts), and the content of docs/IAM_POLICIES.md.
 * Pure.
 */
import { MANAGED_BY_VALUES, PARAMETER_ROOT, RELAY_BUCKET_PREFIX, TAG } from '../names.ts'

export interface PolicyScope {
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  partition: string
  accountId: string
}

export interface GithubScope extends PolicyScope {
  /** The only places where workflows may launch. */
  regions: readonly string[]
  subnetArns: readonly string[]
  /** Patterns such as `g5.*`. */
  instanceTypes: readonly string[]
  instanceRoleName: string
  instanceProfileName: string
  /** Groups without Radix's tag, created by hand. */
  securityGroupArns?: readonly string[]
}

/** The region of Cognito. It need not be a region of the machines. */
export interface UserPool {
  id: string
  region: string
}

export interface TrustScope {
  /** `owner/name`. */
  githubRepository: string
  /** Only these refs, such as `refs/heads/main`. With neither refs nor environments: every workflow of the repository. */
  refs?: readonly string[] | undefined
  /** Only jobs in these environments. */
  environments?: readonly string[] | undefined
}

type Condition = Record<string, Record<string, string | string[]>>

export interface Statement {
  Sid: string
  Effect: 'Allow' | 'Deny'
  Principal?: Record<string, string>
  Action: string | string[]
  Resource?: string | string[]
  NotResource?: string | string[]
  Condition?: Condition
}

export interface PolicyDocument {
  Version: '2012-10-17'
  Statement: Statement[]
}

export const GITHUB_ISSUER = 'token.actions.githubusercontent.com'
export const GITHUB_AUDIENCE = 'sts.amazonaws.com'
/** GPU machines that a workflow may pay for; `--allow-instance-type` names others. */
export const DEFAULT_INSTANCE_TYPES = ['g4dn.*', 'g5.*', 'g6.*', 'g6e.*'] as const
const READ_PARAMETERS = ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath', 'ssm:GetParameterHistory']
/** IAM substitutes the instance that makes the request. */
const ASKING_INSTANCE = '$' + '{ec2:SourceInstanceARN}'

export function managedInstancePolicyArn(partition: string): string {
  return `arn:${partition}:iam::aws:policy/AmazonSSMManagedInstanceCore`
}

export function instanceTrustPolicy(): PolicyDocument {
  return document([
    {
      Sid: 'BeAnInstance',
      Effect: 'Allow',
      Principal: { Service: 'ec2.amazonaws.com' },
      Action: 'sts:AssumeRole',
    },
  ])
}

/**
 * An instance may read only the parameters that are tagged with its own ARN. The role of an instance profile has no
 * session tags, so a policy can name the instance but not its run. Three statements deny, because
 * AmazonSSMManagedInstanceCore allows every instance to read every parameter of the account.
 */
export function instancePolicy({ partition, accountId }: PolicyScope): PolicyDocument {
  const ofRuns = `arn:${partition}:ssm:*:${accountId}:parameter${PARAMETER_ROOT}/*`
  const published = `arn:${partition}:ssm:*::parameter/aws/service/*`
  const tag = `aws:ResourceTag/${TAG.instanceArn}`
  return document([
    {
      Sid: 'ReadParametersOfThisInstance',
      Effect: 'Allow',
      Action: 'ssm:GetParameter',
      Resource: ofRuns,
      Condition: { StringEquals: { [tag]: ASKING_INSTANCE } },
    },
    {
      Sid: 'ReadNoParameterOfAnotherInstance',
      Effect: 'Deny',
      Action: READ_PARAMETERS,
      Resource: ofRuns,
      Condition: { StringNotEquals: { [tag]: ASKING_INSTANCE } },
    },
    {
      // Without it, the variable above has no value, and the statement may not apply.
      Sid: 'ReadNoParameterFromElsewhere',
      Effect: 'Deny',
      Action: READ_PARAMETERS,
      Resource: ofRuns,
      Condition: { Null: { 'ec2:SourceInstanceARN': 'true' } },
    },
    { Sid: 'ReadNoOtherParameter', Effect: 'Deny', Action: READ_PARAMETERS, NotResource: [ofRuns, published] },
  ])
}

/** A job in an environment has this subject instead of the one with its ref. */
export function githubSubjects({ githubRepository, refs = [], environments = [] }: TrustScope): string[] {
  const repository = `repo:${githubRepository}`
  const subjects = [
    ...refs.map((ref) => `${repository}:ref:${ref}`),
    ...environments.map((environment) => `${repository}:environment:${environment}`),
  ]
  return subjects.length === 0 ? [`${repository}:*`] : subjects
}

export function githubTrustPolicy({ partition, accountId }: PolicyScope, subjects: readonly string[]): PolicyDocument {
  return document([
    {
      Sid: 'BeAWorkflowOfTheRepository',
      Effect: 'Allow',
      Principal: { Federated: `arn:${partition}:iam::${accountId}:oidc-provider/${GITHUB_ISSUER}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: { [`${GITHUB_ISSUER}:aud`]: GITHUB_AUDIENCE },
        StringLike: { [`${GITHUB_ISSUER}:sub`]: [...subjects] },
      },
    },
  ])
}

export function githubPolicy(scope: GithubScope): PolicyDocument {
  const regional = [
    ...launchStatements(scope),
    ...machineStatements(scope),
    ...parameterStatements(scope),
    ...relayStatements(scope),
  ]
  return document([
    ...regional.map((statement) => boundTo(scope.regions, statement)),
    ...roleStatements(scope),
    ...readStatements(scope),
  ])
}

export function cognitoPolicy({ partition, accountId }: PolicyScope, { id, region }: UserPool): PolicyDocument {
  return document([
    {
      Sid: 'GetUserTokens',
      Effect: 'Allow',
      Action: 'cognito-idp:AdminInitiateAuth',
      Resource: `arn:${partition}:cognito-idp:${region}:${accountId}:userpool/${id}`,
    },
  ])
}

/** RunInstances checks permissions once for every kind of resource involved. A key pair is not involved. */
function launchStatements(scope: GithubScope): Statement[] {
  const { partition, accountId, subnetArns, securityGroupArns = [], instanceTypes, instanceProfileName } = scope
  const arn = ec2Arn(scope)
  const tagged = { StringEquals: { [`aws:RequestTag/${TAG.managedBy}`]: [...MANAGED_BY_VALUES] } }
  const withRun = { Null: { [`aws:RequestTag/${TAG.runId}`]: 'false', [`aws:RequestTag/${TAG.deadline}`]: 'false' } }
  return [
    {
      Sid: 'LaunchTaggedInstances',
      Effect: 'Allow',
      Action: 'ec2:RunInstances',
      Resource: arn('instance/*'),
      Condition: {
        StringEquals: { ...tagged.StringEquals, 'ec2:MetadataHttpTokens': 'required' },
        StringLike: { 'ec2:InstanceType': [...instanceTypes] },
        ArnEquals: {
          'ec2:InstanceProfile': `arn:${partition}:iam::${accountId}:instance-profile/${instanceProfileName}`,
        },
        ...withRun,
      },
    },
    {
      Sid: 'LaunchTaggedVolumes',
      Effect: 'Allow',
      Action: 'ec2:RunInstances',
      Resource: arn('volume/*'),
      Condition: { ...tagged, ...withRun },
    },
    {
      Sid: 'LaunchIntoSubnets',
      Effect: 'Allow',
      Action: 'ec2:RunInstances',
      Resource: [...subnetArns],
    },
    {
      Sid: 'LaunchBehindSecurityGroup',
      Effect: 'Allow',
      Action: 'ec2:RunInstances',
      Resource: arn('security-group/*'),
      Condition: { StringEquals: { [`aws:ResourceTag/${TAG.managedBy}`]: MANAGED_BY_VALUES[0] } },
    },
    {
      Sid: 'LaunchFromImages',
      Effect: 'Allow',
      Action: 'ec2:RunInstances',
      Resource: `arn:${partition}:ec2:*::image/*`,
      Condition: { StringEquals: { 'ec2:Owner': ['amazon', accountId] } },
    },
    ...(securityGroupArns.length > 0
      ? [
          {
            Sid: 'LaunchBehindNamedSecurityGroups',
            Effect: 'Allow' as const,
            Action: 'ec2:RunInstances',
            Resource: [...securityGroupArns],
          },
        ]
      : []),
    {
      Sid: 'LaunchWithInterfaceInSubnets',
      Effect: 'Allow',
      Action: 'ec2:RunInstances',
      Resource: arn('network-interface/*'),
      Condition: { ArnEquals: { 'ec2:Subnet': [...subnetArns] } },
    },
    {
      Sid: 'LaunchBySpotRequest',
      Effect: 'Allow',
      Action: 'ec2:RunInstances',
      Resource: arn('spot-instances-request/*'),
    },
    {
      Sid: 'LaunchIntoReservations',
      Effect: 'Allow',
      Action: 'ec2:RunInstances',
      Resource: arn('capacity-reservation/*'),
    },
    {
      Sid: 'TagAtLaunch',
      Effect: 'Allow',
      Action: 'ec2:CreateTags',
      Resource: [arn('instance/*'), arn('volume/*')],
      Condition: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
    },
  ]
}

/** IAM has no regions. */
function roleStatements({ partition, accountId, instanceRoleName }: GithubScope): Statement[] {
  return [
    {
      Sid: 'PassInstanceRole',
      Effect: 'Allow',
      Action: 'iam:PassRole',
      Resource: `arn:${partition}:iam::${accountId}:role/${instanceRoleName}`,
      Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    },
    {
      Sid: 'FirstSpotInstanceOfTheAccount',
      Effect: 'Allow',
      Action: 'iam:CreateServiceLinkedRole',
      Resource: `arn:${partition}:iam::${accountId}:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot`,
      Condition: { StringEquals: { 'iam:AWSServiceName': 'spot.amazonaws.com' } },
    },
  ]
}

/** Both tags: another tool's machine may also carry `ManagedBy: github-actions`. */
function machineStatements(scope: GithubScope): Statement[] {
  const { partition } = scope
  const arn = ec2Arn(scope)
  const ofRuns = {
    StringEquals: { [`aws:ResourceTag/${TAG.managedBy}`]: [...MANAGED_BY_VALUES] },
    Null: { [`aws:ResourceTag/${TAG.runId}`]: 'false' },
  }
  return [
    {
      Sid: 'TerminateInstancesOfRuns',
      Effect: 'Allow',
      Action: ['ec2:TerminateInstances', 'ec2:GetConsoleOutput'],
      Resource: arn('instance/*'),
      Condition: ofRuns,
    },
    {
      Sid: 'DeleteVolumesOfRuns',
      Effect: 'Allow',
      Action: 'ec2:DeleteVolume',
      Resource: arn('volume/*'),
      Condition: ofRuns,
    },
    {
      Sid: 'ReadLogsOfRuns',
      Effect: 'Allow',
      Action: 'ssm:SendCommand',
      Resource: arn('instance/*'),
      Condition: {
        StringEquals: { [`ssm:resourceTag/${TAG.managedBy}`]: [...MANAGED_BY_VALUES] },
        Null: { [`ssm:resourceTag/${TAG.runId}`]: 'false' },
      },
    },
    {
      Sid: 'ReadLogsByShell',
      Effect: 'Allow',
      Action: 'ssm:SendCommand',
      Resource: `arn:${partition}:ssm:*::document/AWS-RunShellScript`,
    },
  ]
}

function parameterStatements({ partition, accountId }: GithubScope): Statement[] {
  return [
    {
      Sid: 'KeepParametersOfRuns',
      Effect: 'Allow',
      Action: [
        'ssm:PutParameter',
        'ssm:AddTagsToResource',
        'ssm:ListTagsForResource',
        'ssm:GetParametersByPath',
        'ssm:DeleteParameter',
        'ssm:DeleteParameters',
      ],
      Resource: `arn:${partition}:ssm:*:${accountId}:parameter${PARAMETER_ROOT}/*`,
    },
  ]
}

/** What a machine behind a relay reads and writes, it does with addresses that this role signs. */
function relayStatements({ partition, accountId }: GithubScope): Statement[] {
  const bucket = `arn:${partition}:s3:::${RELAY_BUCKET_PREFIX}*`
  return [
    { Sid: 'CreateRelays', Effect: 'Allow', Action: 's3:CreateBucket', Resource: bucket },
    {
      Sid: 'KeepRelays',
      Effect: 'Allow',
      Action: [
        's3:DeleteBucket',
        's3:DeleteObject',
        's3:GetBucketTagging',
        's3:GetObject',
        's3:ListBucket',
        's3:PutBucketTagging',
        's3:PutLifecycleConfiguration',
        's3:PutObject',
      ],
      Resource: [bucket, `${bucket}/*`],
      // Names of buckets are common to all accounts.
      Condition: { StringEquals: { 'aws:ResourceAccount': accountId } },
    },
  ]
}

/** None of these actions has resources that a policy could name. */
function readStatements({ partition, accountId, instanceProfileName }: GithubScope): Statement[] {
  return [
    {
      Sid: 'Look',
      Effect: 'Allow',
      Action: [
        'ec2:DescribeAvailabilityZones',
        'ec2:DescribeImages',
        'ec2:DescribeCapacityReservations',
        'ec2:DescribeInstanceTypeOfferings',
        'ec2:DescribeInstanceTypes',
        'ec2:DescribeInstances',
        'ec2:DescribeRouteTables',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSpotPriceHistory',
        'ec2:DescribeSubnets',
        'ec2:DescribeVolumes',
        'ec2:DescribeVpcs',
        'pricing:GetProducts',
        's3:ListAllMyBuckets',
        'servicequotas:GetAWSDefaultServiceQuota',
        'servicequotas:GetServiceQuota',
        'ssm:DescribeParameters',
        'ssm:GetCommandInvocation',
      ],
      Resource: '*',
    },
    {
      Sid: 'LookAtInstanceProfile',
      Effect: 'Allow',
      Action: 'iam:GetInstanceProfile',
      Resource: `arn:${partition}:iam::${accountId}:instance-profile/${instanceProfileName}`,
    },
  ]
}

function boundTo(regions: readonly string[], statement: Statement): Statement {
  const StringEquals = { ...statement.Condition?.StringEquals, 'aws:RequestedRegion': [...regions] }
  return { ...statement, Condition: { ...statement.Condition, StringEquals } }
}

/** `resource` such as `subnet/subnet-0123456789abcdef0`. In every region if none is named. */
export function ec2Arn({ partition, accountId }: PolicyScope): (resource: string, region?: string) => string {
  return (resource, region = '*') => `arn:${partition}:ec2:${region}:${accountId}:${resource}`
}

function document(statements: Statement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements }
}
