/** API keys that open nothing. */
import type { ApiKey } from '../../src/contract/schemas/telemetry.ts'
import { newId } from '../../src/core/ids.ts'
import type { MockHandlers } from './mock-server.ts'
import { takePage } from './page.ts'
import type { World } from './world.ts'

const DAY_MS = 86_400_000
const PREFIX_LENGTH = 14

export function makeApiKeys(nowMs: number): ApiKey[] {
  return ['scheduler', 'capacity planning', 'notebook of last year'].map((name, index) => ({
    api_key_id: `key_${index}`,
    name,
    prefix: `radix_ak_${index}Qf3`,
    role: index === 1 ? 'viewer' : 'operator',
    created_at: new Date(nowMs - (index + 1) * 40 * DAY_MS).toISOString(),
    last_used_at: index === 1 ? null : new Date(nowMs - 9000 * (index + 1)).toISOString(),
    revoked_at: index === 2 ? new Date(nowMs - DAY_MS).toISOString() : null,
  }))
}

export function answerApiKeys(world: World): MockHandlers {
  return {
    listApiKeys: ({ query }) => takePage(world.apiKeys, query),
    createApiKey: ({ body }) => {
      const secret = `radix_ak_${newId('key').slice(-20)}`
      const key: ApiKey = {
        api_key_id: newId('key'),
        name: body.name,
        prefix: secret.slice(0, PREFIX_LENGTH),
        role: body.role,
        created_at: new Date().toISOString(),
        last_used_at: null,
        revoked_at: null,
      }
      world.apiKeys.unshift(key)
      return { ...key, api_key: secret }
    },
    revokeApiKey: ({ params }) => {
      const key = world.findApiKey(params.api_key_id)
      key.revoked_at ??= new Date().toISOString()
      return key
    },
  }
}
