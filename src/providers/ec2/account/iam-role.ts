/** IAM roles: exactly the trust and the policies that are wanted, and no others. */
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  PutRolePolicyCommand,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
  type Role,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam'
import { RadixError } from '../../../errors/radix-error.ts'
import { listAll } from '../list-all.ts'
import { ifThere } from './iam-errors.ts'
import type { PolicyDocument } from './policies.ts'
import { findNarrowerSubjects, isSamePolicy } from './policy-comparison.ts'
import { type AccountResource, type Difference, hasOurTag, ourTags } from './resource.ts'

export interface RoleSpec {
  kind: string
  name: string
  description: string
  trust: PolicyDocument
  /** By name. */
  inlinePolicies: Record<string, PolicyDocument>
  managedPolicyArns: readonly string[]
  maxSessionSeconds: number
  /** One that was made by hand is used as it is, if it has the managed policies. */
  canBeShared?: boolean
  /** The trust was asked for by name: one that is narrower is then refused, not kept. */
  isTrustNamed?: boolean
}

export function iamRole(iam: IAMClient, spec: RoleSpec): AccountResource {
  const RoleName = spec.name
  return {
    kind: spec.kind,
    name: spec.name,
    canBeShared: spec.canBeShared ?? false,

    async find() {
      const role = await findRole(iam, RoleName)
      if (!role) return undefined
      const isOurs = hasOurTag(role.Tags)
      const attached = await compareManagedPolicies(iam, spec)
      const differences =
        !isOurs && spec.canBeShared
          ? attached.filter(({ isMissing }) => isMissing)
          : [...compareRole(iam, role, spec), ...(await compareInlinePolicies(iam, spec)), ...attached]
      return { id: role.Arn ?? '', isOurs, differences }
    },

    async create() {
      await iam.send(
        new CreateRoleCommand({
          RoleName,
          Description: spec.description,
          AssumeRolePolicyDocument: JSON.stringify(spec.trust),
          MaxSessionDuration: spec.maxSessionSeconds,
          Tags: ourTags(spec.name),
        }),
      )
    },

    async remove() {
      if (!(await findRole(iam, RoleName))) return
      for (const PolicyArn of await listAttached(iam, RoleName)) {
        await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }))
      }
      for (const PolicyName of await listInline(iam, RoleName)) {
        await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }))
      }
      await ifThere(iam.send(new DeleteRoleCommand({ RoleName })))
    },
  }
}

async function findRole(iam: IAMClient, RoleName: string): Promise<Role | undefined> {
  return (await ifThere(iam.send(new GetRoleCommand({ RoleName }))))?.Role
}

function compareRole(iam: IAMClient, role: Role, spec: RoleSpec): Difference[] {
  const { name: RoleName, trust, maxSessionSeconds, isTrustNamed } = spec
  const differences: Difference[] = []
  const isSame = isSamePolicy(role.AssumeRolePolicyDocument, trust)
  const narrower = isSame ? undefined : findNarrowerSubjects(role.AssumeRolePolicyDocument, trust)
  if (narrower && isTrustNamed) {
    throw new RadixError('AWS_ROLE_TRUST_NARROWER', { role: RoleName, present: narrower.join(', ') })
  }
  if (!isSame && !narrower) {
    const PolicyDocument = JSON.stringify(trust)
    differences.push({
      what: 'may be taken by others than it should',
      correct: () => iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument })),
    })
  }
  if (role.MaxSessionDuration !== maxSessionSeconds) {
    const input = { RoleName, MaxSessionDuration: maxSessionSeconds, Description: role.Description }
    differences.push({
      what: `its sessions last ${role.MaxSessionDuration} s instead of ${maxSessionSeconds} s`,
      correct: () => iam.send(new UpdateRoleCommand(input)),
    })
  }
  return differences
}

async function compareInlinePolicies(
  iam: IAMClient,
  { name: RoleName, inlinePolicies }: RoleSpec,
): Promise<Difference[]> {
  const present = await listInline(iam, RoleName)
  const differences: Difference[] = present
    .filter((name) => !(name in inlinePolicies))
    .map((PolicyName) => ({
      what: `has policy ${PolicyName}, which is not ours`,
      correct: () => iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })),
    }))
  for (const [PolicyName, wanted] of Object.entries(inlinePolicies)) {
    const found = present.includes(PolicyName)
      ? await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))
      : undefined
    if (found && isSamePolicy(found.PolicyDocument, wanted)) continue
    const PolicyDocument = JSON.stringify(wanted)
    differences.push({
      what: found ? `its policy ${PolicyName} is another` : `has no policy ${PolicyName}`,
      correct: () => iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument })),
    })
  }
  return differences
}

async function compareManagedPolicies(
  iam: IAMClient,
  { name: RoleName, managedPolicyArns }: RoleSpec,
): Promise<(Difference & { isMissing: boolean })[]> {
  const present = await listAttached(iam, RoleName)
  return [
    ...present
      .filter((arn) => !managedPolicyArns.includes(arn))
      .map((PolicyArn) => ({
        isMissing: false,
        what: `has ${PolicyArn}, which is not ours`,
        correct: () => iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })),
      })),
    ...managedPolicyArns
      .filter((arn) => !present.includes(arn))
      .map((PolicyArn) => ({
        isMissing: true,
        what: `has no ${PolicyArn.split('/').at(-1)}`,
        correct: () => iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn })),
      })),
  ]
}

async function listInline(client: IAMClient, RoleName: string): Promise<string[]> {
  return listAll(paginateListRolePolicies({ client }, { RoleName }), (page) => page.PolicyNames)
}

async function listAttached(client: IAMClient, RoleName: string): Promise<string[]> {
  const pages = paginateListAttachedRolePolicies({ client }, { RoleName })
  return listAll(pages, (page) => page.AttachedPolicies?.flatMap(({ PolicyArn }) => PolicyArn ?? []))
}
