/**
 * The single definition of what Radix needs in an account: `radix aws init` creates it, `radix aws destroy` removes it,
 * and the Terraform module is generated from it. Pure. Values known only in an account are text: AWS's own values for
 * `init`, references for Terraform.
 */
import { EC2_LIMITS } from '../../../core/limits/ec2.ts'
import { DEFAULT_NAMES, EARLIER_NAMES } from '../names.ts'
import {
  cognitoPolicy,
  GITHUB_AUDIENCE,
  GITHUB_ISSUER,
  type GithubScope,
  githubPolicy,
  githubTrustPolicy,
  instancePolicy,
  instanceTrustPolicy,
  managedInstancePolicyArn,
  type PolicyDocument,
  type UserPool,
} from './policies.ts'

/** Created only on request. */
export type Choice = 'private' | 'github' | 'cognito'

interface Common {
  /** The resource's address in the Terraform module. Another address would make Terraform replace it. */
  id: string
  onlyFor?: Choice
  /** A resource without Radix's tag is used unchanged if it meets the requirements. It is never changed or removed. */
  mayBeForeign: boolean
}

export interface RuleDefinition {
  protocol: 'tcp'
  port: number
  /** A range of addresses, or the group of that name. */
  peer: { cidr: string } | { group: string }
  description: string
}

export interface SecurityGroupDefinition extends Common {
  kind: 'security group'
  name: string
  /** Its name in an earlier version. */
  earlierName?: string
  description: string
  inbound: readonly RuleDefinition[]
  outbound: readonly RuleDefinition[]
}

export interface VpcEndpointsDefinition extends Common {
  kind: 'VPC endpoint'
  /** One endpoint for each, named by `endpointName`. */
  services: readonly string[]
  /** By name. */
  group: string
}

export interface InlinePolicyDefinition {
  id: string
  name: string
  onlyFor?: Choice
  document: PolicyDocument
}

export interface RoleDefinition extends Common {
  kind: 'role'
  name: string
  /** Its name in an earlier version. */
  earlierName?: string
  description: string
  trust: PolicyDocument
  policies: readonly InlinePolicyDefinition[]
  managedPolicyArn?: string
  maxSessionSeconds: number
}

export interface InstanceProfileDefinition extends Common {
  kind: 'instance profile'
  name: string
  role: string
}

export interface OidcProviderDefinition extends Common {
  kind: 'OIDC provider'
  /** A host name. */
  issuer: string
  audience: string
}

/** A network is of one region, and is there in each. */
export type NetworkDefinition = SecurityGroupDefinition | VpcEndpointsDefinition
/** IAM has no regions. */
export type IamDefinition = RoleDefinition | InstanceProfileDefinition | OidcProviderDefinition
export type Definition = NetworkDefinition | IamDefinition

export type IamScope = Omit<GithubScope, 'instanceProfileName' | 'instanceRoleName'> & {
  /** The issuer of the tokens that the workflows' role trusts. */
  subjects: readonly string[]
  /** The role of a profile that was created by hand; otherwise Radix's own. */
  instanceRoleName?: string
  /** Lets workflows get user tokens from that pool. */
  userPool?: UserPool
}

/** A workflow may last an hour, and must still be able to terminate its machine after that. */
const GITHUB_SESSION_SECONDS = EC2_LIMITS.githubSession.value / 1000
const INSTANCE_SESSION_SECONDS = EC2_LIMITS.instanceSession.value / 1000

const HTTPS = { protocol: 'tcp', port: 443 } as const

/** In the order of creation. */
export const NETWORK_DEFINITIONS: readonly NetworkDefinition[] = [
  {
    kind: 'security group',
    id: 'machines',
    name: DEFAULT_NAMES.securityGroup,
    earlierName: EARLIER_NAMES.securityGroup,
    mayBeForeign: true,
    description: 'Machines that Radix benchmarks: no way in, HTTPS out',
    inbound: [],
    outbound: [{ ...HTTPS, peer: { cidr: '0.0.0.0/0' }, description: 'Control plane, SSM, image registries' }],
  },
  {
    kind: 'security group',
    id: 'endpoints',
    onlyFor: 'private',
    name: DEFAULT_NAMES.endpointSecurityGroup,
    mayBeForeign: false,
    description: 'VPC endpoints for the machines that Radix benchmarks',
    inbound: [{ ...HTTPS, peer: { group: DEFAULT_NAMES.securityGroup }, description: 'Machines of Radix' }],
    outbound: [],
  },
  {
    // The services that the SSM agent contacts. A VPC has one endpoint with private DNS for each service.
    kind: 'VPC endpoint',
    id: 'ssm',
    onlyFor: 'private',
    mayBeForeign: true,
    services: ['ssm', 'ssmmessages', 'ec2messages'],
    group: DEFAULT_NAMES.endpointSecurityGroup,
  },
]

/** In the order of creation. */
export function defineIam(scope: IamScope): IamDefinition[] {
  return [instanceRole(scope), INSTANCE_PROFILE, OIDC_PROVIDER, githubRole(scope)]
}

export function endpointName(service: string): string {
  return `radix-benchmark-${service}`
}

function instanceRole(scope: IamScope): RoleDefinition {
  return {
    kind: 'role',
    id: 'instance',
    name: DEFAULT_NAMES.instanceRole,
    earlierName: EARLIER_NAMES.instanceRole,
    mayBeForeign: true,
    description: 'Machines that Radix benchmarks',
    trust: instanceTrustPolicy(),
    policies: [{ id: 'instance', name: 'radix-parameters', document: instancePolicy(scope) }],
    managedPolicyArn: managedInstancePolicyArn(scope.partition),
    maxSessionSeconds: INSTANCE_SESSION_SECONDS,
  }
}

const INSTANCE_PROFILE: InstanceProfileDefinition = {
  kind: 'instance profile',
  id: 'instance',
  name: DEFAULT_NAMES.instanceProfile,
  mayBeForeign: true,
  role: DEFAULT_NAMES.instanceRole,
}

/** An account has one for all its repositories. */
const OIDC_PROVIDER: OidcProviderDefinition = {
  kind: 'OIDC provider',
  id: 'github',
  onlyFor: 'github',
  mayBeForeign: true,
  issuer: GITHUB_ISSUER,
  audience: GITHUB_AUDIENCE,
}

function githubRole(scope: IamScope): RoleDefinition {
  const { userPool, instanceRoleName = DEFAULT_NAMES.instanceRole } = scope
  const document = githubPolicy({ ...scope, instanceRoleName, instanceProfileName: DEFAULT_NAMES.instanceProfile })
  return {
    kind: 'role',
    id: 'github',
    onlyFor: 'github',
    name: DEFAULT_NAMES.githubRole,
    mayBeForeign: false,
    description: 'Workflows that benchmark with Radix',
    trust: githubTrustPolicy(scope, scope.subjects),
    policies: [
      { id: 'github', name: 'radix-benchmark', document },
      ...(userPool
        ? [
            {
              id: 'github_cognito',
              name: 'radix-user-tokens',
              onlyFor: 'cognito' as const,
              document: cognitoPolicy(scope, userPool),
            },
          ]
        : []),
    ],
    maxSessionSeconds: GITHUB_SESSION_SECONDS,
  }
}
