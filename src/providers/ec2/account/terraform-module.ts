/**
 * The resources of the Terraform module, from the definition of an account: `resources.tf.json` of deploy/terraform/ and of
 * its module `region/`. What they refer to (variables, locals, data) is written by hand beside them.
 */
import {
  type Choice,
  defineIam,
  endpointName,
  type IamDefinition,
  type IamScope,
  NETWORK_DEFINITIONS,
  type NetworkDefinition,
  type RoleDefinition,
  type RuleDefinition,
  type SecurityGroupDefinition,
} from './definition.ts'
import type { PolicyDocument } from './policies.ts'
import { ourTags } from './resource.ts'

/** A text, a number, a list or an object of Terraform's JSON syntax. */
type Json = string | number | null | boolean | Json[] | { [key: string]: Json }
/** By type, then by name. */
type Resources = Record<string, Record<string, Json>>

/** Terraform's `count`, for resources that are optional. */
const CONDITIONS: Record<Choice, string> = {
  private: 'var.private',
  github: 'local.has_github',
  cognito: 'local.has_github && var.cognito_user_pool_id != null',
}

/** Placeholders for an expression, and for one whose value is a list: policies contain `$` and braces of their own. */
const expression = (text: string) => `@{${text}}`
const list = (text: string) => [`@[${text}]`]

const SCOPE: IamScope = {
  partition: expression('local.partition'),
  accountId: expression('local.account_id'),
  subjects: list('local.github_subjects'),
  regions: list('local.regions'),
  subnetArns: list('local.subnet_arns'),
  instanceTypes: list('var.instance_types'),
  userPool: { id: expression('local.user_pool_id'), region: expression('local.user_pool_region') },
}

/** By path in deploy/terraform/. */
export function renderTerraformModule(): Record<string, string> {
  const iam = defineIam(SCOPE)
  const policies = iam.flatMap((definition) => (definition.kind === 'role' ? listPolicies(definition) : []))
  return {
    'resources.tf.json': render({
      locals: { policies: Object.fromEntries(policies.map(([name, policy]) => [name, toTemplates(policy)])) },
      resource: merge(iam.map(iamResources)),
    }),
    'region/resources.tf.json': render({ resource: merge(NETWORK_DEFINITIONS.map(networkResources)) }),
  }
}

/** As members of `local.policies`. */
function listPolicies({ id, trust, policies }: RoleDefinition): [string, PolicyDocument][] {
  return [[`${id}_trust`, trust], ...policies.map((policy): [string, PolicyDocument] => [policy.id, policy.document])]
}

function iamResources(definition: IamDefinition): Resources {
  const { id, onlyFor } = definition
  if (definition.kind === 'role') return roleResources(definition)
  if (definition.kind === 'instance profile') {
    const { name, role } = definition
    const profile = { name, role: hcl(`aws_iam_role.${findRoleId(role)}.name`), tags: tags(name) }
    return { aws_iam_instance_profile: { [id]: { ...count(onlyFor), ...profile } } }
  }
  const { issuer, audience } = definition
  const provider = { url: `https://${issuer}`, client_id_list: [audience], tags: tags(issuer) }
  return { aws_iam_openid_connect_provider: { [id]: { ...count(onlyFor, 'var.create_oidc_provider'), ...provider } } }
}

function roleResources(definition: RoleDefinition): Resources {
  const { id, name, description, managedPolicyArn, maxSessionSeconds, onlyFor } = definition
  const role = hcl(`aws_iam_role.${id}${onlyFor ? '[0]' : ''}.name`)
  return {
    aws_iam_role: {
      [id]: {
        ...count(onlyFor),
        name,
        description,
        max_session_duration: maxSessionSeconds,
        assume_role_policy: encoded(`${id}_trust`),
        tags: tags(name),
        ...(onlyFor === 'github' ? { depends_on: ['aws_iam_openid_connect_provider.github'] } : {}),
      },
    },
    aws_iam_role_policy: Object.fromEntries(
      definition.policies.map((policy) => [
        policy.id,
        { ...count(policy.onlyFor ?? onlyFor), name: policy.name, role, policy: encoded(policy.id) },
      ]),
    ),
    ...(managedPolicyArn === undefined
      ? {}
      : { aws_iam_role_policy_attachment: { [id]: { role, policy_arn: toTemplates(managedPolicyArn) } } }),
  }
}

function networkResources(definition: NetworkDefinition): Resources {
  const { id, onlyFor } = definition
  if (definition.kind === 'security group') {
    const { name, description, inbound, outbound } = definition
    const group = {
      name,
      description,
      vpc_id: hcl('local.vpc_id'),
      ingress: inbound.map(toRule),
      egress: outbound.map(toRule),
      tags: tags(name),
    }
    return { aws_security_group: { [id]: { ...count(onlyFor), ...group } } }
  }
  const services = JSON.stringify(definition.services)
  const each = hcl('each.value')
  const endpoint = {
    for_each: hcl(onlyFor ? `toset(${CONDITIONS[onlyFor]} ? ${services} : [])` : `toset(${services})`),
    vpc_id: hcl('local.vpc_id'),
    service_name: `com.amazonaws.${hcl('local.region')}.${each}`,
    vpc_endpoint_type: 'Interface',
    subnet_ids: hcl('local.endpoint_subnet_ids'),
    security_group_ids: [groupReference(definition.group)],
    private_dns_enabled: true,
    tags: tags(endpointName(each)),
  }
  return { aws_vpc_endpoint: { [id]: endpoint } }
}

/** Terraform's JSON syntax requires every member of a rule. */
function toRule({ protocol, port, peer, description }: RuleDefinition): Json {
  return {
    description,
    protocol,
    from_port: port,
    to_port: port,
    cidr_blocks: 'cidr' in peer ? [peer.cidr] : null,
    ipv6_cidr_blocks: null,
    prefix_list_ids: null,
    security_groups: 'group' in peer ? [groupReference(peer.group)] : null,
    self: null,
  }
}

function groupReference(group: string): string {
  const isNamed = (each: NetworkDefinition): each is SecurityGroupDefinition =>
    each.kind === 'security group' && each.name === group
  const found = NETWORK_DEFINITIONS.find(isNamed)
  if (!found) throw new Error(`there is no security group ${group}`)
  return hcl(`aws_security_group.${found.id}${found.onlyFor ? '[0]' : ''}.id`)
}

function findRoleId(role: string): string {
  const found = defineIam(SCOPE).find((each) => each.kind === 'role' && each.name === role)
  if (!found) throw new Error(`there is no role ${role}`)
  return found.id
}

function count(onlyFor: Choice | undefined, besides?: string): { count?: string } {
  if (onlyFor === undefined) return {}
  const condition = besides === undefined ? CONDITIONS[onlyFor] : `${CONDITIONS[onlyFor]} && ${besides}`
  return { count: hcl(`${condition} ? 1 : 0`) }
}

function tags(name: string): Record<string, string> {
  return Object.fromEntries(ourTags(name).map(({ Key, Value }) => [Key, Value]))
}

function encoded(policy: string): string {
  return hcl(`jsonencode(local.policies.${policy})`)
}

function merge(all: readonly Resources[]): Resources {
  const merged: Resources = {}
  for (const resources of all) {
    for (const [type, named] of Object.entries(resources)) merged[type] = { ...merged[type], ...named }
  }
  return merged
}

/** IAM's own variables look like Terraform expressions, so they are escaped before Radix's are inserted. */
function toTemplates(value: unknown): Json {
  if (Array.isArray(value)) {
    const [only] = value
    const isList = value.length === 1 && typeof only === 'string' && only.startsWith('@[')
    return isList ? only.replace(/^@\[(.*)\]$/s, (_, text: string) => hcl(text)) : value.map(toTemplates)
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toTemplates(member)]))
  }
  if (typeof value !== 'string') throw new Error(`a policy holds only strings: ${value}`)
  return value
    .replaceAll(/[$%]\{/g, (braces) => `${braces[0]}${braces}`)
    .replaceAll(/@\{([^}]*)\}/g, (_, text: string) => hcl(text))
}

/** An expression, as the JSON syntax writes it. */
function hcl(text: string): string {
  return ['$', '{', text, '}'].join('')
}

function render(content: Record<string, Json>): string {
  return `${JSON.stringify({ '//': COMMENT, ...content }, null, 2)}\n`
}

const COMMENT = 'Generated from src/providers/ec2/account/definition.ts by `npm run generate`: change it there.'
