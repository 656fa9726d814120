/** docs/IAM_POLICIES.md, generated: the full policies of each role. */
import { DEFAULT_NAMES } from '../names.ts'
import {
  DEFAULT_INSTANCE_TYPES,
  githubPolicy,
  githubTrustPolicy,
  instancePolicy,
  instanceTrustPolicy,
  managedInstancePolicyArn,
  type PolicyDocument,
} from './policies.ts'

const EXAMPLE = { partition: 'aws', accountId: '123456789012' }
const REGION = 'us-west-2'

export function renderPoliciesDocument(): string {
  const github = githubPolicy({
    ...EXAMPLE,
    regions: [REGION],
    subnets: [{ region: REGION, subnetId: 'subnet-0123456789abcdef0' }],
    instanceTypes: DEFAULT_INSTANCE_TYPES,
    instanceRoleName: DEFAULT_NAMES.instanceRole,
    instanceProfileName: DEFAULT_NAMES.instanceProfile,
    cognitoUserPoolId: 'us-west-2_abc123',
  })
  return [
    '# IAM policies\n',
    '<!-- Generated from src/providers/ec2/account/policies.ts by `npm run generate`. -->\n',
    'The policies that `radix aws init` and the Terraform module create, here for account 123456789012 in us-west-2.',
'[AWS_SETUP.md](AWS_SETUP.md) explains them and the set-up.
',
    `## Role \`${DEFAULT_NAMES.instanceRole}\`, of the machines\n`,
    `Attached: \`${managedInstancePolicyArn('aws')}\`.\n`,
    ...section('Trust policy', instanceTrustPolicy()),
    ...section('Inline policy', instancePolicy(EXAMPLE)),
    `## Role \`${DEFAULT_NAMES.githubRole}\`, of the workflows\n`,
    ...section('Trust policy', githubTrustPolicy({ ...EXAMPLE, githubRepository: 'iangreen74/radix' })),
    ...section('Inline policy', github),
    'The last statement exists only with `--cognito-user-pool-id`.
',
  ].join('\n')
}

function section(title: string, policy: PolicyDocument): string[] {
  return [`### ${title}\n`, `\`\`\`json\n${JSON.stringify(policy, null, 2)}\n\`\`\`\n`]
}
