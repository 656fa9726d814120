import { expect, it } from 'vitest'
import { refusalOf } from '../testing/requests.ts'
import { useTestServer } from '../testing/use-test-server.ts'

const { server } = useTestServer()

const SCORE = { body: { job_type: 'training', candidate_gpu_types: ['A10G'] } }

it('shows a key once, and stores only its hash', async () => {
  const { client } = await server.newTenant()
  const created = await client.call('createApiKey', { body: { name: 'scheduler' } })
  const { api_key, ...shown } = created
  expect(api_key).toMatch(/^radix_ak_[\w-]{43}$/)
  expect(api_key.startsWith(created.prefix)).toBe(true)
  expect((await client.call('listApiKeys', {})).items).toEqual([shown])
  const [row] = await server.db
    .selectFrom('api_keys')
    .selectAll()
    .where('api_key_id', '=', created.api_key_id)
    .execute()
  expect(JSON.stringify(row)).not.toContain(api_key)
})

it('refuses a revoked key at once; revoking again changes nothing', async () => {
  const { client } = await server.newTenant()
  const { api_key, api_key_id } = await client.call('createApiKey', { body: { name: 'scheduler' } })
  const scheduler = server.clientWith(api_key)
  await scheduler.call('score', SCORE)
  const revoked = await client.call('revokeApiKey', { params: { api_key_id } })
  expect(revoked.revoked_at).not.toBeNull()
  expect(await refusalOf(scheduler.call('score', SCORE))).toMatchObject({ code: 'AUTH_API_KEY_INVALID' })
  expect(await client.call('revokeApiKey', { params: { api_key_id } })).toEqual(revoked)
})

it('records when a key was last used, at most once a minute', async () => {
  const { client } = await server.newTenant()
  const { api_key, api_key_id } = await client.call('createApiKey', { body: { name: 'scheduler' } })
  const readLastUse = async () => (await client.call('listApiKeys', {})).items[0]?.last_used_at ?? null
  expect(await readLastUse()).toBeNull()
  await Promise.all(Array.from({ length: 8 }, () => server.clientWith(api_key).call('score', SCORE)))
  const first = await readLastUse()
  expect(first).not.toBeNull()
  await server.clientWith(api_key).call('score', SCORE)
  expect(await readLastUse()).toBe(first)
  await server.db
    .updateTable('api_keys')
    .set({ last_used_at: new Date(0) })
    .where('api_key_id', '=', api_key_id)
    .execute()
  await server.clientWith(api_key).call('score', SCORE)
  expect(Date.parse((await readLastUse()) ?? '')).toBeGreaterThan(0)
})

it('shows and revokes only the keys of its own tenant', async () => {
  const [owner, stranger] = [await server.newTenant(), await server.newTenant()]
  const { api_key, api_key_id } = await owner.client.call('createApiKey', { body: { name: 'scheduler' } })
  expect((await stranger.client.call('listApiKeys', {})).items).toEqual([])
  const revoke = stranger.client.call('revokeApiKey', { params: { api_key_id } })
  expect(await refusalOf(revoke)).toMatchObject({ code: 'NOT_FOUND' })
  await server.clientWith(api_key).call('score', SCORE)
})
