/** Exchanges whose answer was lost: only the same agent can repeat its own. */
import { expect, it } from 'vitest'
import { refusalOf } from '../testing/requests.ts'
import { useTestServer } from '../testing/use-test-server.ts'

const NONCE = 'a'.repeat(64)
const OTHER_NONCE = 'b'.repeat(64)

const { server, tenant } = useTestServer()

async function newToken() {
  const { cluster_id } = await tenant.client.call('createCluster', { body: { name: 'a' } })
  const params = { cluster_id }
  const { one_time_token } = await tenant.client.call('createOnboardingToken', { params })
  return {
    params,
    exchange: (body: { nonce?: string }) =>
      server.clientWith(one_time_token).call('exchangeOnboardingToken', { params, body }),
    beat: (clusterToken: string) => server.clientWith(clusterToken).call('heartbeat', { params, body: {} }),
  }
}

it('can be repeated by the same agent for a new token, which revokes the lost one', async () => {
  const { exchange, beat } = await newToken()
  const lost = await exchange({ nonce: NONCE })
  const repeated = await exchange({ nonce: NONCE })
  expect(await beat(repeated.cluster_token)).toMatchObject({ status: 'active' })
  expect(await refusalOf(beat(lost.cluster_token))).toMatchObject({ code: 'AUTH_CLUSTER_TOKEN_INVALID' })
})

it.each([
  ['another agent', { nonce: NONCE }, { nonce: OTHER_NONCE }],
  ['an agent without a nonce', { nonce: NONCE }, {}],
  ['an agent with a nonce after an earlier one', {}, { nonce: NONCE }],
  ['an earlier agent', {}, {}],
])('cannot be repeated by %s, and the first token stays valid', async (_, first, second) => {
  const { exchange, beat } = await newToken()
  const { cluster_token } = await exchange(first)
  expect(await refusalOf(exchange(second))).toMatchObject({ code: 'AUTH_ONBOARDING_TOKEN_USED' })
  expect(await beat(cluster_token)).toMatchObject({ status: 'active' })
})

it('cannot be repeated once the tokens were revoked, or after the onboarding token expired', async () => {
  const revoked = await newToken()
  await revoked.exchange({ nonce: NONCE })
  await tenant.client.call('revokeOnboardingTokens', { params: revoked.params })
  expect(await refusalOf(revoked.exchange({ nonce: NONCE }))).toMatchObject({ code: 'AUTH_ONBOARDING_TOKEN_USED' })
  const expired = await newToken()
  await expired.exchange({ nonce: NONCE })
  const { cluster_id } = expired.params
  await server.db
    .updateTable('onboarding_tokens')
    .set({ expires_at: new Date(0) })
    .where('cluster_id', '=', cluster_id)
    .execute()
  expect(await refusalOf(expired.exchange({ nonce: NONCE }))).toMatchObject({ code: 'AUTH_ONBOARDING_TOKEN_USED' })
})
