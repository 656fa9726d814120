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
import { listAll } from '../list-all.ts'
import { ifThere } from './iam-errors.ts'
import type { PolicyDocument } from './policies.ts'
import { isSamePolicy } from './policy-comparison.ts'
import { type AccountResource, type Difference, hasOurTag, ourTags } from './resource.ts'

export interface RoleWish {
  kind: string
  name: string
  description: string
  trust: PolicyDocument
  /** By name. */
  inlinePolicies: Record<string, PolicyDocument>
  managedPolicyArns: readonly string[]
  maxSessionSeconds: number
}

export function iamRole(iam: IAMClient, wish: RoleWish): AccountResource {
  const RoleName = wish.name
  return {
    kind: wish.kind,
    name: wish.name,

    async find() {
      const role = await findRole(iam, RoleName)
      if (!role) return undefined
      const differences = [
        ...compareRole(iam, role, wish),
        ...(await compareInlinePolicies(iam, wish)),
        ...(await compareManagedPolicies(iam, wish)),
      ]
      return { id: role.Arn ?? '', isOurs: hasOurTag(role.Tags), differences }
    },

    async create() {
      await iam.send(
        new CreateRoleCommand({
          RoleName,
          Description: wish.description,
          AssumeRolePolicyDocument: JSON.stringify(wish.trust),
          MaxSessionDuration: wish.maxSessionSeconds,
          Tags: ourTags(wish.name),
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

function compareRole(iam: IAMClient, role: Role, { name: RoleName, trust, maxSessionSeconds }: RoleWish): Difference[] {
  const differences: Difference[] = []
  if (!isSamePolicy(role.AssumeRolePolicyDocument, trust)) {
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
  { name: RoleName, inlinePolicies }: RoleWish,
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
  { name: RoleName, managedPolicyArns }: RoleWish,
): Promise<Difference[]> {
  const present = await listAttached(iam, RoleName)
  return [
    ...present
      .filter((arn) => !managedPolicyArns.includes(arn))
      .map((PolicyArn) => ({
        what: `has ${PolicyArn}, which is not ours`,
        correct: () => iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })),
      })),
    ...managedPolicyArns
      .filter((arn) => !present.includes(arn))
      .map((PolicyArn) => ({
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
