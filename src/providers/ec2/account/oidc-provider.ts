/** The account's trust in GitHub's tokens. An account has one for all its repositories: another's is used as it is. */
import {
  AddClientIDToOpenIDConnectProviderCommand,
  CreateOpenIDConnectProviderCommand,
  DeleteOpenIDConnectProviderCommand,
  GetOpenIDConnectProviderCommand,
  type IAMClient,
  paginateListRoles,
} from '@aws-sdk/client-iam'
import { RadixError } from '../../../errors/radix-error.ts'
import { listAll } from '../list-all.ts'
import { DEFAULT_NAMES } from '../names.ts'
import { ifThere } from './iam-errors.ts'
import type { AccountIdentity } from './identity.ts'
import { GITHUB_AUDIENCE, GITHUB_ISSUER } from './policies.ts'
import { type AccountResource, hasOurTag, ourTags } from './resource.ts'

export function oidcProvider(iam: IAMClient, { partition, accountId }: AccountIdentity): AccountResource {
  const arn = `arn:${partition}:iam::${accountId}:oidc-provider/${GITHUB_ISSUER}`
  const OpenIDConnectProviderArn = arn
  const get = () => ifThere(iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn })))
  return {
    kind: 'OIDC provider',
    name: GITHUB_ISSUER,
    canBeShared: true,

    async find() {
      const provider = await get()
      if (!provider) return undefined
      const addAudience = { OpenIDConnectProviderArn, ClientID: GITHUB_AUDIENCE }
      const differences = provider.ClientIDList?.includes(GITHUB_AUDIENCE)
        ? []
        : [
            {
              what: `does not take tokens for ${GITHUB_AUDIENCE}`,
              correct: () => iam.send(new AddClientIDToOpenIDConnectProviderCommand(addAudience)),
            },
          ]
      return { id: arn, isOurs: hasOurTag(provider.Tags), differences }
    },

    async create() {
      await iam.send(
        new CreateOpenIDConnectProviderCommand({
          Url: `https://${GITHUB_ISSUER}`,
          ClientIDList: [GITHUB_AUDIENCE],
          Tags: ourTags(GITHUB_ISSUER),
        }),
      )
    },

    async remove() {
      const users = await listOtherRoles(iam, arn)
      if (users.length > 0) throw stillUsed(arn, users)
      if (await get()) await iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }))
    },
  }
}

/** Others may have come to rely on it since we made it: their workflows would stop. */
async function listOtherRoles(client: IAMClient, arn: string): Promise<string[]> {
  const roles = await listAll(paginateListRoles({ client }, {}), (page) => page.Roles)
  const trusting = roles.filter(({ AssumeRolePolicyDocument = '' }) =>
    decodeURIComponent(AssumeRolePolicyDocument).includes(arn),
  )
  return trusting.flatMap(({ RoleName }) => RoleName ?? []).filter((name) => name !== DEFAULT_NAMES.githubRole)
}

function stillUsed(arn: string, users: readonly string[]): RadixError {
  return new RadixError('AWS_RESOURCE_IN_USE', {
    resource: `OIDC provider ${GITHUB_ISSUER}`,
    reason: `other roles rely on it: ${users.join(', ')}.`,
    remedy: `Keep it for them (\`aws iam untag-open-id-connect-provider --open-id-connect-provider-arn ${arn} --tag-keys ManagedBy\`), or remove those roles; then run \`radix aws destroy\` again.`,
  })
}
