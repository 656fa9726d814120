/**
 * The account's trust in GitHub's tokens. An account has one for all its repositories: an existing one is used
 * unchanged.
 */
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
import type { OidcProviderDefinition } from './definition.ts'
import { ifThere } from './iam-errors.ts'
import type { AccountIdentity } from './identity.ts'
import { type AccountResource, hasOurTag, ourTags } from './resource.ts'

export function oidcProvider(
  iam: IAMClient,
  { partition, accountId }: AccountIdentity,
  { kind, issuer, audience, mayBeForeign }: OidcProviderDefinition,
): AccountResource {
  const arn = `arn:${partition}:iam::${accountId}:oidc-provider/${issuer}`
  const OpenIDConnectProviderArn = arn
  const get = () => ifThere(iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn })))
  return {
    kind,
    name: issuer,
    mayBeForeign,

    async find() {
      const provider = await get()
      if (!provider) return undefined
      const addAudience = { OpenIDConnectProviderArn, ClientID: audience }
      const differences = provider.ClientIDList?.includes(audience)
        ? []
        : [
            {
              what: `does not accept tokens for ${audience}`,
              correct: () => iam.send(new AddClientIDToOpenIDConnectProviderCommand(addAudience)),
            },
          ]
      return { id: arn, isOurs: hasOurTag(provider.Tags), differences }
    },

    async create() {
      await iam.send(
        new CreateOpenIDConnectProviderCommand({
          Url: `https://${issuer}`,
          ClientIDList: [audience],
          Tags: ourTags(issuer),
        }),
      )
    },

    async remove() {
      const users = await listOtherRoles(iam, arn)
      if (users.length > 0) throw stillUsed(issuer, arn, users)
      if (await get()) await iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }))
    },
  }
}

/** Other roles may rely on it by now, and their workflows would stop. */
async function listOtherRoles(client: IAMClient, arn: string): Promise<string[]> {
  const roles = await listAll(paginateListRoles({ client }, {}), (page) => page.Roles)
  const trusting = roles.filter(({ AssumeRolePolicyDocument = '' }) =>
    decodeURIComponent(AssumeRolePolicyDocument).includes(arn),
  )
  return trusting.flatMap(({ RoleName }) => RoleName ?? []).filter((name) => name !== DEFAULT_NAMES.githubRole)
}

function stillUsed(issuer: string, arn: string, users: readonly string[]): RadixError {
  return new RadixError('AWS_RESOURCE_IN_USE', {
    resource: `OIDC provider ${issuer}`,
    reason: `other roles rely on it: ${users.join(', ')}.`,
    remedy: `Keep it for them (\`aws iam untag-open-id-connect-provider --open-id-connect-provider-arn ${arn} --tag-keys ManagedBy\`), or remove those roles; then run \`radix aws destroy\` again.`,
  })
}
