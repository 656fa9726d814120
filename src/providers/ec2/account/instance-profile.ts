/** The instance profile: what hands the instance role to a machine. */
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
import { ifThere } from './iam-errors.ts'
import { type AccountResource, hasOurTag, ourTags } from './resource.ts'

const InstanceProfileName = DEFAULT_NAMES.instanceProfile
const RoleName = DEFAULT_NAMES.instanceRole

export function instanceProfile(iam: IAMClient): AccountResource {
  return {
    kind: 'instance profile',
    name: InstanceProfileName,
    canBeShared: true,

    async find() {
      const profile = await findProfile(iam)
      if (!profile) return undefined
      const roles = listRoles(profile)
      const isOurs = hasOurTag(profile.Tags)
      // One that was made by hand may hand out a role of any name.
      const isFit = roles.length === 1 && (roles[0] === RoleName || !isOurs)
      const differences = isFit ? [] : [{ what: describeRoles(roles), correct: () => setRole(iam, roles) }]
      return { id: profile.Arn ?? '', isOurs, differences }
    },

    async create() {
      await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName, Tags: ourTags(InstanceProfileName) }))
    },

    async remove() {
      const profile = await findProfile(iam)
      if (!profile) return
      await removeRoles(iam, listRoles(profile))
      await ifThere(iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName })))
    },
  }
}

/** The one role of a profile that was made by hand: who launches machines with it has to be allowed to pass it. */
export async function findHandMadeRole(iam: IAMClient): Promise<string | undefined> {
  const profile = await findProfile(iam)
  if (!profile || hasOurTag(profile.Tags)) return undefined
  const [role, ...others] = listRoles(profile)
  return others.length === 0 ? role : undefined
}

async function findProfile(iam: IAMClient): Promise<InstanceProfile | undefined> {
  return (await ifThere(iam.send(new GetInstanceProfileCommand({ InstanceProfileName }))))?.InstanceProfile
}

function listRoles({ Roles = [] }: InstanceProfile): string[] {
  return Roles.flatMap(({ RoleName: name }) => name ?? [])
}

function describeRoles(roles: readonly string[]): string {
  return roles.length === 0 ? 'has no role' : `has role ${roles.join(', ')} instead of ${RoleName}`
}

/** It holds one role at the most. */
async function setRole(iam: IAMClient, present: readonly string[]): Promise<void> {
  await removeRoles(iam, present)
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }))
}

async function removeRoles(iam: IAMClient, roles: readonly string[]): Promise<void> {
  for (const name of roles) {
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName: name }))
  }
}
