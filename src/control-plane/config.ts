/** The server's settings from the environment. */
import { RadixError } from '../errors/radix-error.ts'
import { DEFAULT_SETTINGS } from './app.ts'
import { type AuthConfig, readAuthConfig } from './auth/config.ts'

export interface ServerConfig extends AuthConfig {
  databaseUrl: string | undefined
  rateLimitPerMinute: number
  /** Of the key that evidence is signed with here, where it is not that of the data directory. */
  signingKeyPem: string | undefined
  /** Ids of keys whose signatures on evidence are shown as trusted. */
  trustedSigningKeys: string[]
}

type Environment = Readonly<Record<string, string | undefined>>

/** Throws `CONFIGURATION_INVALID`, naming the variable. */
export function readServerConfig(env: Environment): ServerConfig {
  return {
    ...readAuthConfig(env),
    databaseUrl: readDatabaseUrl(env),
    rateLimitPerMinute: readWholeNumber(env, 'RADIX_RATE_LIMIT_PER_MINUTE', DEFAULT_SETTINGS.rateLimitPerMinute),
    signingKeyPem: env.RADIX_SIGNING_KEY || undefined,
    trustedSigningKeys: readKeyIds(env, 'RADIX_TRUSTED_SIGNING_KEYS'),
  }
}

function readDatabaseUrl(env: Environment): string | undefined {
  const text = env.DATABASE_URL
  if (!text) return undefined
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return text
  // The value may hold a password: it is not repeated.
  const expected = 'postgres://user:password@host:5432/database'
  throw invalid('DATABASE_URL', '(not shown)', 'it is not a PostgreSQL URL', expected)
}

function readWholeNumber(env: Environment, setting: string, absent: number): number {
  const text = env[setting]
  if (text === undefined || text === '') return absent
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw invalid(setting, text, 'it is not a whole number of 1 or more', 'a whole number, e.g. 6000')
}

function readKeyIds(env: Environment, setting: string): string[] {
  const keyIds = (env[setting] ?? '').split(',').flatMap((part) => part.trim() || [])
  const bad = keyIds.find((keyId) => !/^SHA256:[A-Za-z0-9+/]{43}$/.test(keyId))
  if (bad === undefined) return keyIds
  const expected = 'the key ids that `radix evidence key` prints, with commas between them'
  throw invalid(setting, bad, 'it is not the id of a key', expected)
}

function invalid(setting: string, value: string, reason: string, expected: string): RadixError {
  return new RadixError('CONFIGURATION_INVALID', { setting, value, reason, expected })
}
