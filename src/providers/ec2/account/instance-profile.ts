/** The instance profile, which gives the instance role to a machine. */
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  DeleteInstanceProfileCommand,
  GetInstanceProfileCommand,
  type IAMClient,
  type InstanceProfile,
  RemoveRoleFromInstanceProfileCommand,
} from '@aws-sdk/client-iam'
import { DEFAULT_NAMES } from '../names.ts'
import type { InstanceProfileDefinition } from './definition.ts'
import { ifThere } from './iam-errors.ts'
import { type AccountResource, hasOurTag, ourTags } from './resource.ts'

export function instanceProfile(iam: IAMClient, definition: InstanceProfileDefinition): AccountResource {
  const { kind, name: InstanceProfileName, role: RoleName, mayBeForeign } = definition
  return {
    kind,
    name: InstanceProfileName,
    mayBeForeign,

    async find() {
      const profile = await findProfile(iam, InstanceProfileName)
      if (!profile) return undefined
      const roles = listRoles(profile)
      const isOurs = hasOurTag(profile.Tags)
      // A profile that was created by hand may have a role of any name.
      const isFit = roles.length === 1 && (roles[0] === RoleName || !isOurs)
      const what = roles.length === 0 ? 'has no role' : `has role ${roles.join(', ')} instead of ${RoleName}`
      const correct = async () => {
        // A profile holds at most one role.
        await removeRoles(iam, InstanceProfileName, roles)
        await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }))
      }
      return { id: profile.Arn ?? '', isOurs, differences: isFit ? [] : [{ what, correct }] }
    },

    async create() {
      await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName, Tags: ourTags(InstanceProfileName) }))
    },

    async remove() {
      const profile = await findProfile(iam, InstanceProfileName)
      if (!profile) return
      await removeRoles(iam, InstanceProfileName, listRoles(profile))
      await ifThere(iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName })))
    },
  }
}

/**
 * The role of a profile that was created by hand. A user who launches machines with it needs permission to pass that
 * role.
 */
export async function findHandMadeRole(iam: IAMClient): Promise<string | undefined> {
  const profile = await findProfile(iam, DEFAULT_NAMES.instanceProfile)
  if (!profile || hasOurTag(profile.Tags)) return undefined
  const [role, ...others] = listRoles(profile)
  return others.length === 0 ? role : undefined
}

async function findProfile(iam: IAMClient, InstanceProfileName: string): Promise<InstanceProfile | undefined> {
  return (await ifThere(iam.send(new GetInstanceProfileCommand({ InstanceProfileName }))))?.InstanceProfile
}

function listRoles({ Roles = [] }: InstanceProfile): string[] {
  return Roles.flatMap(({ RoleName }) => RoleName ?? [])
}

async function removeRoles(iam: IAMClient, InstanceProfileName: string, roles: readonly string[]): Promise<void> {
  for (const RoleName of roles) {
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }))
  }
}
