/**
 * The policies as templates for Terraform's `templatefile`: deploy/terraform/policies/ is generated from here, so that
 * the module and `radix aws init` give the same rights.
 */
import { DEFAULT_NAMES } from '../names.ts'
import {
  GITHUB_ISSUER,
  githubPolicy,
  githubTrustPolicy,
  instancePolicy,
  instanceTrustPolicy,
  type PolicyDocument,
  type PolicyScope,
} from './policies.ts'

/** Stands for a list: JSON has no other place for it than a text, alone in a list or not. */
const LIST = /\[\s*"@@([^@]+)@@"\s*\]|"@@([^@]+)@@"/g
const variable = (name: string) => `@{${name}}`

export function terraformPolicies(): Record<string, string> {
  const partition = variable('partition')
  const accountId = variable('account_id')
  const github = githubPolicy({
    partition,
    accountId,
    regions: ['@@jsonencode(regions)@@'],
    subnets: [],
    instanceTypes: ['@@jsonencode(instance_types)@@'],
    instanceRoleName: DEFAULT_NAMES.instanceRole,
    instanceProfileName: DEFAULT_NAMES.instanceProfile,
  })
  for (const statement of github.Statement) {
    if (statement.Sid === 'LaunchIntoSubnets') statement.Resource = '@@jsonencode(subnet_arns)@@'
    if (statement.Sid === 'LaunchWithInterfaceInSubnets') {
      statement.Condition = { ...statement.Condition, ArnEquals: { 'ec2:Subnet': '@@jsonencode(subnet_arns)@@' } }
    }
  }
  return {
    'instance-trust.json.tftpl': render(instanceTrustPolicy()),
    'instance.json.tftpl': render(instancePolicy({ partition, accountId })),
    'github-trust.json.tftpl': render(githubTrust({ partition, accountId })),
    'github.json.tftpl': render(github),
  }
}

function githubTrust(scope: PolicyScope): PolicyDocument {
  const trust = githubTrustPolicy({ ...scope, githubRepository: '' })
  for (const { Condition } of trust.Statement) {
    if (Condition) Condition.StringLike = { [`${GITHUB_ISSUER}:sub`]: '@@jsonencode(github_subjects)@@' }
  }
  return trust
}

/** IAM's own variables look as Terraform's do, and are escaped before ours are put in. */
function render(policy: PolicyDocument): string {
  return `${JSON.stringify(policy, null, 2)}\n`
    .replaceAll('$' + '{', () => '$$' + '{')
    .replaceAll(LIST, (_, inList?: string, alone?: string) => ['$', '{', inList ?? alone, '}'].join(''))
    .replaceAll('@{', () => '$' + '{')
}
