/** The server's settings from the environment. */
import { z } from 'zod'
import { RadixError } from '../errors/radix-error.ts'
import { DEFAULT_SETTINGS } from './app.ts'
import type { IssuerConfig } from './auth/user-token.ts'

export interface ServerConfig {
  databaseUrl: string | undefined
  /** Trusted issuers of user tokens, beside the local one. */
  issuers: IssuerConfig[]
  /** Whether tokens of the data directory's own key are accepted. */
  localIssuer: boolean
  rateLimitPerMinute: number
}

const DEFAULT_TENANT_CLAIM = 'tenant_id'

const Issuers = z.array(
  z.strictObject({
    issuer: z.url(),
    client_ids: z.array(z.string().min(1)).min(1),
    tenant_claim: z.string().min(1).optional(),
    jwks_uri: z.url().optional(),
  }),
)

type Environment = Readonly<Record<string, string | undefined>>

/** Throws `CONFIGURATION_INVALID`, naming the variable. */
export function readServerConfig(env: Environment): ServerConfig {
  const issuers = readIssuers(env)
  const databaseUrl = readDatabaseUrl(env)
  return {
    databaseUrl,
    issuers,
    // A control plane that others reach with an issuer of theirs trusts nothing else unless told to.
    localIssuer: env.RADIX_LOCAL_ISSUER === undefined ? issuers.length === 0 : env.RADIX_LOCAL_ISSUER === '1',
    rateLimitPerMinute: readWholeNumber(env, 'RADIX_RATE_LIMIT_PER_MINUTE', DEFAULT_SETTINGS.rateLimitPerMinute),
  }
}

function readIssuers(env: Environment): IssuerConfig[] {
  const text = env.RADIX_OIDC_ISSUERS
  if (!text) return []
  const expected = 'a JSON list of {"issuer": "https://…", "client_ids": ["…"], "tenant_claim"?: "…", "jwks_uri"?: "…"}'
  try {
    return Issuers.parse(JSON.parse(text)).map(({ issuer, client_ids, tenant_claim, jwks_uri }) => ({
      issuer,
      clientIds: client_ids,
      tenantClaim: tenant_claim ?? env.RADIX_TENANT_CLAIM ?? DEFAULT_TENANT_CLAIM,
      jwksUri: jwks_uri,
    }))
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined
    const reason = issue ? `${issue.path.join('.')}: ${issue.message}` : 'it is not JSON'
    throw invalid('RADIX_OIDC_ISSUERS', text, reason, expected, error)
  }
}

function readDatabaseUrl(env: Environment): string | undefined {
  const text = env.DATABASE_URL
  if (!text) return undefined
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return text
  // The value may hold a password: it is not repeated.
  throw invalid(
    'DATABASE_URL',
    '(not shown)',
    'it is not a PostgreSQL URL',
    'postgres://user:password@host:5432/database',
  )
}

function readWholeNumber(env: Environment, setting: string, absent: number): number {
  const text = env[setting]
  if (text === undefined || text === '') return absent
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw invalid(setting, text, 'it is not a whole number of 1 or more', 'a whole number, e.g. 6000')
}

function invalid(setting: string, value: string, reason: string, expected: string, cause?: unknown): RadixError {
  return new RadixError('CONFIGURATION_INVALID', { setting, value, reason, expected }, { cause })
}
