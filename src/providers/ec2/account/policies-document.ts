/** docs/IAM_POLICIES.md, generated: the full policies of each role. */
import { defineIam, type InlinePolicyDefinition, type RoleDefinition } from './definition.ts'
import { DEFAULT_INSTANCE_TYPES, ec2Arn, githubSubjects, type PolicyDocument } from './policies.ts'

const EXAMPLE = { partition: 'aws', accountId: '123456789012' }
const REGION = 'us-west-2'

export function renderPoliciesDocument(): string {
  const roles = defineIam({
    ...EXAMPLE,
    subjects: githubSubjects({ githubRepository: 'iangreen74/radix' }),
    regions: [REGION],
    subnetArns: [ec2Arn(EXAMPLE)('subnet/subnet-0123456789abcdef0', REGION)],
    instanceTypes: DEFAULT_INSTANCE_TYPES,
    userPool: { id: 'us-west-2_abc123', region: REGION },
  }).filter((definition) => definition.kind === 'role')
  return [
    '# IAM policies\n',
    '<!-- Generated from src/providers/ec2/account/definition.ts by `npm run generate`. -->\n',
    'The policies that `radix aws init` and the Terraform module create, here for account 123456789012 in us-west-2.',
    '[AWS_SETUP.md](AWS_SETUP.md) explains them and the set-up.\n',
    ...roles.flatMap(renderRole),
  ].join('\n')
}

function renderRole({ name, description, trust, managedPolicyArn, policies }: RoleDefinition): string[] {
  return [
    `## Role \`${name}\`\n`,
    `${description}.${managedPolicyArn === undefined ? '' : ` Attached: \`${managedPolicyArn}\`.`}\n`,
    `### Trust policy\n\n${renderDocument(trust)}`,
    ...policies.map(renderPolicy),
  ]
}

function renderPolicy({ name, onlyFor, document }: InlinePolicyDefinition): string {
  const note = onlyFor === 'cognito' ? 'Only with `--cognito-user-pool-id`.\n\n' : ''
  return `### Policy \`${name}\`\n\n${note}${renderDocument(document)}`
}

function renderDocument(policy: PolicyDocument): string {
  return `\`\`\`json\n${JSON.stringify(policy, null, 2)}\n\`\`\`\n`
}
