/** The server's settings from the environment. */
import { isIP } from 'node:net'
import { ROLES, type Role } from '../contract/roles.ts'
import { CONTROL_PLANE_LIMITS } from '../core/limits/control-plane.ts'
import { withoutTrailingSlashes } from '../core/trailing-slashes.ts'
import { invalidSetting } from '../errors/invalid-setting.ts'
import { DEFAULT_SETTINGS } from './app.ts'
import { type AuthConfig, readAuthConfig } from './auth/config.ts'

export interface ServerConfig extends AuthConfig {
  databaseUrl: string | undefined
  rateLimitPerMinute: number
  /** Absent: as by default. */
  retentionDays?: number | undefined
  /** Absent: as by default. */
  auditRetentionDays?: number | undefined
  /** Networks beyond the public internet that webhooks may reach. */
  webhookNetworks?: readonly string[] | undefined
  /** Of users without a role, in a tenant that has set none; as by default where absent. */
  defaultRole?: Role | undefined
  /** Principals (`issuer#sub`) that are admins whatever the database says. */
  admins?: readonly string[] | undefined
  /** Of the key that evidence is signed with here, where it is not that of the data directory. */
  signingKeyPem: string | undefined
  /** Ids of keys whose signatures on evidence are shown as trusted. */
  trustedSigningKeys: string[]
  /** Addresses and networks of proxies that are trusted to name the origin of a request. */
  trustedProxies?: readonly string[] | undefined
  /** Where the Node of an agent's platform comes from; the npm registry where absent. */
  nodeRegistry?: string | undefined
}

const DAY_MS = 24 * 60 * 60 * 1000

type Environment = Readonly<Record<string, string | undefined>>

/** Throws `CONFIGURATION_INVALID`, naming the variable. */
export function readServerConfig(env: Environment): ServerConfig {
  return {
    ...readAuthConfig(env),
    databaseUrl: readDatabaseUrl(env),
    rateLimitPerMinute: readWholeNumber(env, 'RADIX_RATE_LIMIT_PER_MINUTE', DEFAULT_SETTINGS.rateLimitPerMinute),
    retentionDays: readWholeNumber(env, 'RADIX_RETENTION_DAYS', DEFAULT_SETTINGS.retentionDays),
    auditRetentionDays: readAuditRetention(env),
    defaultRole: readRole(env),
    admins: readAdmins(env),
    signingKeyPem: env.RADIX_SIGNING_KEY || undefined,
    trustedSigningKeys: readKeyIds(env, 'RADIX_TRUSTED_SIGNING_KEYS'),
    trustedProxies: readNetworks(env, 'RADIX_TRUSTED_PROXIES'),
    webhookNetworks: readNetworks(env, 'RADIX_WEBHOOK_PRIVATE_NETWORKS'),
    nodeRegistry: readRegistry(env),
  }
}

function readRegistry({ RADIX_NODE_REGISTRY: text }: Environment): string | undefined {
  if (!text) return undefined
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return withoutTrailingSlashes(text)
  const expected = 'the URL of an npm registry, e.g. https://registry.npmjs.org'
  throw invalidSetting('RADIX_NODE_REGISTRY', text, 'it is not a URL', expected)
}

function readNetworks(env: Environment, setting: string): string[] | undefined {
  const addresses = (env[setting] ?? '').split(',').flatMap((part) => part.trim() || [])
  const wrong = addresses.find((address) => !isNetwork(address))
  if (wrong !== undefined) {
    const expected = 'addresses or networks separated by commas, e.g. 10.0.0.0/8,fd00::/8'
    throw invalidSetting(setting, wrong, 'it is not an IP address or a network', expected)
  }
  return addresses.length > 0 ? addresses : undefined
}

/** `10.1.2.3` or `10.0.0.0/8`. The whole internet is not a proxy: any client could then claim any origin. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return prefix === undefined || (/^[1-9]\d*$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128))
}

function readDatabaseUrl(env: Environment): string | undefined {
  const text = env.DATABASE_URL
  if (!text) return undefined
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return text
  // The value may hold a password: it is not repeated. A template with a password in it would be redacted.
  const expected = 'postgres://USER@HOST:5432/DATABASE, with `:PASSWORD` after USER where it has one'
  throw invalidSetting('DATABASE_URL', '(not shown)', 'it is not a PostgreSQL URL', expected)
}

function readWholeNumber(env: Environment, setting: string, absent: number): number {
  const text = env[setting]
  if (text === undefined || text === '') return absent
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw invalidSetting(setting, text, 'it is not a whole number of 1 or more', 'a whole number, e.g. 6000')
}

/** The database refuses to delete what is younger. */
function readAuditRetention(env: Environment): number {
  const setting = 'RADIX_AUDIT_RETENTION_DAYS'
  const days = readWholeNumber(env, setting, DEFAULT_SETTINGS.auditRetentionDays)
  const least = CONTROL_PLANE_LIMITS.leastAuditRetention.value / DAY_MS
  if (days >= least) return days
  const expected = `a whole number of ${least} or more`
  throw invalidSetting(setting, String(days), 'the audit log is kept longer', expected)
}

function readRole({ RADIX_DEFAULT_ROLE: text }: Environment): Role | undefined {
  if (!text) return undefined
  const role = ROLES.find((each) => each === text)
  if (role === undefined) throw invalidSetting('RADIX_DEFAULT_ROLE', text, 'it is not a role', ROLES.join(', '))
  return role
}

function readAdmins({ RADIX_ADMINS: text }: Environment): string[] | undefined {
  if (!text) return undefined
  const admins = text.split(',').flatMap((part) => part.trim() || [])
  const bad = admins.find((admin) => !/^https?:\/\/[^#]+#.+$/.test(admin))
  if (bad === undefined) return admins
  const expected = 'the issuer and the `sub` of each: https://issuer.example.com#sub, separated by commas'
  throw invalidSetting('RADIX_ADMINS', bad, 'it does not name a user of an issuer', expected)
}

function readKeyIds(env: Environment, setting: string): string[] {
  const keyIds = (env[setting] ?? '').split(',').flatMap((part) => part.trim() || [])
  const bad = keyIds.find((keyId) => !/^SHA256:[A-Za-z0-9+/]{43}$/.test(keyId))
  if (bad === undefined) return keyIds
  const expected = 'the key ids that `radix evidence key` prints, separated by commas'
  throw invalidSetting(setting, bad, 'it is not the id of a key', expected)
}
