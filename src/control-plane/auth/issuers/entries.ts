/** The entries of `RADIX_OIDC_ISSUERS`. */
import { z } from 'zod'
import { isSafeUrl } from '../safe-url.ts'

const Text = z.string().min(1)
const Texts = z.array(Text).min(1)
/** The keys fetched from this URL decide which tokens are accepted. */
export const SafeUrl = z.url().refine(isSafeUrl, 'it must use https; http is allowed only for localhost')

export const Issuers = z.array(
  z.strictObject({
    issuer: SafeUrl,
    client_ids: Texts,
    tenant_claim: Text.optional(),
    tenant: Text.optional(),
    tenants: Texts.optional(),
    jwks_uri: SafeUrl.optional(),
    sign_in: z
      .strictObject({
        client_id: Text,
        client_secret: Text.optional(),
        scopes: Text.optional(),
        name: Text.optional(),
      })
      .optional(),
  }),
)
export type IssuerEntry = z.output<typeof Issuers>[number]
