import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { defineIam, type IamScope, type RoleDefinition } from './definition.ts'
import { DEFAULT_INSTANCE_TYPES } from './policies.ts'
import { renderTerraformModule } from './terraform-module.ts'

const FOLDER = join(import.meta.dirname, '../../../../deploy/terraform')
const FILES = renderTerraformModule()
const ACCOUNT = JSON.parse(FILES['resources.tf.json'] ?? '')
const REGION = JSON.parse(FILES['region/resources.tf.json'] ?? '')

const SCOPE = {
  partition: 'aws-us-gov',
  accountId: '123456789012',
  subjects: ['repo:iangreen74/radix:ref:refs/heads/main', 'repo:iangreen74/radix:environment:radix-benchmark'],
  regions: ['us-west-2', 'us-east-1'],
  subnetArns: ['arn:aws-us-gov:ec2:us-west-2:123456789012:subnet/subnet-0123456789abcdef0'],
  instanceTypes: ['g5.*'],
  userPool: { id: 'eu-west-1_abc123', region: 'eu-west-1' },
} satisfies IamScope

/** Variables and locals of the module for that account. */
const VALUES: Record<string, unknown> = {
  'local.partition': SCOPE.partition,
  'local.account_id': SCOPE.accountId,
  'local.github_subjects': SCOPE.subjects,
  'local.regions': SCOPE.regions,
  'local.subnet_arns': SCOPE.subnetArns,
  'var.instance_types': SCOPE.instanceTypes,
  'local.user_pool_id': SCOPE.userPool.id,
  'local.user_pool_region': SCOPE.userPool.region,
}

/** Terraform's rule: a text that is one expression has its value; other texts are templates. */
function evaluate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(evaluate)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, evaluate(member)]))
  }
  const [, alone] = /^\$\{([^}]+)\}$/.exec(String(value)) ?? []
  if (alone) return VALUES[alone]
  return String(value)
    .replaceAll(/(?<!\$)\$\{([^}]+)\}/g, (whole, key: string) => String(VALUES[key] ?? `unknown ${whole}`))
    .replaceAll('$$' + '{', () => '$' + '{')
}

describe('the Terraform module', () => {
  const roles = defineIam(SCOPE).filter((definition): definition is RoleDefinition => definition.kind === 'role')
  const policies = roles.flatMap(({ id, trust, policies }) => [
    [`${id}_trust`, trust],
    ...policies.map((policy) => [policy.id, policy.document]),
  ])

  it('has the same policies as `radix aws init`', () => {
    expect(evaluate(ACCOUNT.locals.policies)).toEqual(Object.fromEntries(policies))
  })

  it('gives each policy to its role, and makes user tokens available only where a user pool is named', () => {
    const { aws_iam_role_policy: inline } = ACCOUNT.resource
    for (const [id, { policy }] of Object.entries<{ policy: string }>(inline)) {
      expect(policy).toContain(`jsonencode(local.policies.${id})`)
    }
    expect(inline.github_cognito.count).toContain('var.cognito_user_pool_id != null')
  })

  it('keeps the addresses of its resources: Terraform would replace a renamed one', () => {
    const addresses = [ACCOUNT, REGION].map(({ resource }) =>
      Object.entries<object>(resource).flatMap(([type, named]) => Object.keys(named).map((name) => `${type}.${name}`)),
    )
    expect(addresses).toEqual([
      [
        'aws_iam_role.instance',
        'aws_iam_role.github',
        'aws_iam_role_policy.instance',
        'aws_iam_role_policy.github',
        'aws_iam_role_policy.github_cognito',
        'aws_iam_role_policy_attachment.instance',
        'aws_iam_instance_profile.instance',
        'aws_iam_openid_connect_provider.github',
      ],
      ['aws_security_group.machines', 'aws_security_group.endpoints', 'aws_vpc_endpoint.ssm'],
    ])
  })

  it('allows no inbound traffic to the machines', () => {
    expect(REGION.resource.aws_security_group.machines.ingress).toEqual([])
  })

  it('refers only to variables and locals that exist', () => {
    const read = (file: string) => readFileSync(join(FOLDER, file), 'utf8')
    for (const [folder, text] of [
      ['', JSON.stringify(ACCOUNT)],
      ['region/', JSON.stringify(REGION)],
    ] as const) {
      const byHand = read(`${folder}main.tf`) + read(`${folder}variables.tf`)
      const references = text.match(/\b(?:local|var)\.(?!policies)[a-z_]+/g) ?? []
      expect(references.length).toBeGreaterThan(0)
      for (const reference of new Set(references)) {
        const [kind, name] = reference.split('.')
        expect(byHand).toMatch(kind === 'var' ? `variable "${name}"` : new RegExp(`^  ${name} += `, 'm'))
      }
    }
  })

  it('allows workflows the same machine types by default', () => {
    const variables = readFileSync(join(FOLDER, 'variables.tf'), 'utf8')
    expect(variables).toContain(`default     = ${JSON.stringify(DEFAULT_INSTANCE_TYPES).replaceAll(',', ', ')}`)
  })
})
