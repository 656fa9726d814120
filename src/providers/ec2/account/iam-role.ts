/** IAM roles with exactly the wanted trust and policies. */
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
import type { RoleDefinition } from './definition.ts'
import { ifThere } from './iam-errors.ts'
import { findNarrowerSubjects, isSamePolicy } from './policy-comparison.ts'
import { type AccountResource, type Difference, hasOurTag, ourTags } from './resource.ts'

/** `isTrustNamed`: the user asked for this trust. A narrower existing trust is then refused, not kept. */
export function iamRole(iam: IAMClient, definition: RoleDefinition, isTrustNamed: boolean): AccountResource {
  const { kind, name: RoleName, mayBeForeign } = definition
  return {
    kind,
    name: RoleName,
    mayBeForeign,

    async find() {
      const role = await findRole(iam, RoleName)
      if (!role) return undefined
      const isOurs = hasOurTag(role.Tags)
      const attached = await compareManagedPolicies(iam, definition)
      // A role that was created by hand is used unchanged if it has the managed policies.
      const differences =
        !isOurs && mayBeForeign
          ? attached.filter(({ isMissing }) => isMissing)
          : [
              ...compareRole(iam, role, definition, isTrustNamed),
              ...(await compareInlinePolicies(iam, definition)),
              ...attached,
            ]
      return { id: role.Arn ?? '', isOurs, differences }
    },

    async create() {
      await iam.send(
        new CreateRoleCommand({
          RoleName,
          Description: definition.description,
          AssumeRolePolicyDocument: JSON.stringify(definition.trust),
          MaxSessionDuration: definition.maxSessionSeconds,
          Tags: ourTags(RoleName),
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

function compareRole(iam: IAMClient, role: Role, definition: RoleDefinition, isTrustNamed: boolean): Difference[] {
  const { name: RoleName, trust, maxSessionSeconds } = definition
  const differences: Difference[] = []
  const isSame = isSamePolicy(role.AssumeRolePolicyDocument, trust)
  const narrower = isSame ? undefined : findNarrowerSubjects(role.AssumeRolePolicyDocument, trust)
  if (narrower && isTrustNamed) {
    throw new RadixError('AWS_ROLE_TRUST_NARROWER', { role: RoleName, present: narrower.join(', ') })
  }
  if (!isSame && !narrower) {
    const PolicyDocument = JSON.stringify(trust)
    differences.push({
      what: 'may be assumed by other principals than it should',
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
  { name: RoleName, policies }: RoleDefinition,
): Promise<Difference[]> {
  const present = await listInline(iam, RoleName)
  const differences: Difference[] = present
    .filter((present) => !policies.some(({ name }) => name === present))
    .map((PolicyName) => ({
      what: `has policy ${PolicyName}, which Radix did not create`,
      correct: () => iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })),
    }))
  for (const { name: PolicyName, document: wanted } of policies) {
    const found = present.includes(PolicyName)
      ? await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))
      : undefined
    if (found && isSamePolicy(found.PolicyDocument, wanted)) continue
    const PolicyDocument = JSON.stringify(wanted)
    differences.push({
      what: found ? `its policy ${PolicyName} differs` : `has no policy ${PolicyName}`,
      correct: () => iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument })),
    })
  }
  return differences
}

async function compareManagedPolicies(
  iam: IAMClient,
  { name: RoleName, managedPolicyArn }: RoleDefinition,
): Promise<(Difference & { isMissing: boolean })[]> {
  const wanted = managedPolicyArn === undefined ? [] : [managedPolicyArn]
  const present = await listAttached(iam, RoleName)
  return [
    ...present
      .filter((arn) => !wanted.includes(arn))
      .map((PolicyArn) => ({
        isMissing: false,
        what: `has ${PolicyArn}, which Radix did not attach`,
        correct: () => iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })),
      })),
    ...wanted
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
