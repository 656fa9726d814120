/** Telemetry API keys: shown once, kept as SHA-256, revocable. */
import { sql } from 'kysely'
import type { z } from 'zod'
import type { ApiKeyRole } from '../../contract/roles.ts'
import type { ApiKey, CreateApiKeyBody } from '../../contract/schemas/telemetry.ts'
import { newId } from '../../core/ids.ts'
import { notFound } from '../../errors/not-found.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { Database } from '../store/database.ts'
import { type PageRequest, pageOf, toPage } from '../store/pagination.ts'
import { toIso } from '../store/wire.ts'
import type { ApiKeyIdentity } from './identity.ts'
import { hashOpaqueToken, newOpaqueToken } from './opaque-token.ts'

const COLUMNS = ['api_key_id', 'name', 'prefix', 'role', 'created_at', 'last_used_at', 'revoked_at'] as const
/** Enough to recognise a key by, far too little to guess it. */
const SHOWN_CHARACTERS = 14
/** A key's last use is noted at most once a minute: telemetry must not cost a write per request. */
const USE_IS_STALE = sql<boolean>`coalesce(last_used_at < now() - interval '1 minute', true)`

interface ApiKeyRow {
  api_key_id: string
  name: string
  prefix: string
  role: ApiKeyRole
  created_at: Date
  last_used_at: Date | null
  revoked_at: Date | null
}

export async function createApiKey(db: Database, tenantId: string, { name, role }: z.output<typeof CreateApiKeyBody>) {
  const key = newOpaqueToken('apiKey')
  const row = await db
    .insertInto('api_keys')
    .values({
      api_key_id: newId('key'),
      tenant_id: tenantId,
      name,
      role,
      prefix: key.slice(0, SHOWN_CHARACTERS),
      key_hash: hashOpaqueToken(key),
    })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
  return { ...toApiKey(row), api_key: key }
}

export async function listApiKeys(db: Database, tenantId: string, page: PageRequest) {
  const query = db.selectFrom('api_keys').select(COLUMNS).where('tenant_id', '=', tenantId)
  const rows = await pageOf(query, 'api_keys', 'api_key_id', page).execute()
  return toPage(rows, page, (row) => row.api_key_id, toApiKey)
}

/** Revoking again changes nothing. */
export async function revokeApiKey(db: Database, tenantId: string, apiKeyId: string): Promise<ApiKey> {
  const row = await db
    .updateTable('api_keys')
    .set({ revoked_at: sql`coalesce(revoked_at, now())` })
    .where('tenant_id', '=', tenantId)
    .where('api_key_id', '=', apiKeyId)
    .returning(COLUMNS)
    .executeTakeFirst()
  if (!row) throw notFound('API key', apiKeyId)
  return toApiKey(row)
}

/** Who holds this key. Throws `AUTH_API_KEY_INVALID`. */
export async function findApiKey(db: Database, key: string): Promise<ApiKeyIdentity> {
  const found = await db
    .selectFrom('api_keys')
    .select(['api_key_id', 'tenant_id', 'role', USE_IS_STALE.as('use_is_stale')])
    .where('key_hash', '=', hashOpaqueToken(key))
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  if (!found) throw new RadixError('AUTH_API_KEY_INVALID')
  if (found.use_is_stale) await noteUse(db, found.api_key_id)
  return { kind: 'api_key', tenantId: found.tenant_id, apiKeyId: found.api_key_id, role: found.role }
}

/** Requests that come at once see the same stale row: the condition, looked at again, lets one of them write. */
async function noteUse(db: Database, apiKeyId: string): Promise<void> {
  await db
    .updateTable('api_keys')
    .set({ last_used_at: sql`now()` })
    .where('api_key_id', '=', apiKeyId)
    .where(USE_IS_STALE)
    .execute()
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    api_key_id: row.api_key_id,
    name: row.name,
    prefix: row.prefix,
    role: row.role,
    created_at: toIso(row.created_at),
    last_used_at: toIso(row.last_used_at),
    revoked_at: toIso(row.revoked_at),
  }
}
