/** Every route with every role: only the route table decides what a role may do. */
import { once } from 'node:events'
import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { sql } from 'kysely'
import { beforeAll, describe, expect, it } from 'vitest'
import { hasRole, ROLES, type Role } from '../../contract/roles.ts'
import type { Route } from '../../contract/route.ts'
import { ROUTES, type RouteName } from '../../contract/routes.ts'
import { runRegistration } from '../../contract/testing/new-objects.ts'
import { useTestGithub } from '../testing/github.ts'
import { TestIssuer } from '../testing/issuer.ts'
import { credentialHeader, readProblem, refusalOf, sendTo } from '../testing/requests.ts'
import { useTestServer } from '../testing/use-test-server.ts'

const userRoutes = (Object.entries<Route>(ROUTES) as [RouteName, Route][]).filter(([, { auth }]) => auth === 'user')
const github = useTestGithub('viewer')
const issuer = new TestIssuer()
let sign: Awaited<ReturnType<TestIssuer['addKey']>>

beforeAll(async () => {
  await issuer.open()
  sign = await issuer.addKey('first', { alg: 'ES256' })
  return () => issuer.close()
})

const { server } = useTestServer(() => ({
  github: github.config,
  issuers: [{ issuer: issuer.url, clientIds: ['radix'], tenantClaim: 'tenant_id' }],
  admins: [`${issuer.url}#appointed`],
}))

let tenants = 0

/** A tenant whose members come from an issuer: the first is made an admin, and others get the default role. */
async function newTeam(defaultRole: Role = 'viewer') {
  const tenantId = `team-${++tenants}`
  const join = async (sub: string, claims: object = {}) => {
    const token = await sign({
      iss: issuer.url,
      aud: 'radix',
      tenant_id: tenantId,
      sub,
      email: `${sub}@acme.test`,
      ...claims,
    })
    const client = server.clientWith(token)
    await client.call('getSession', {})
    const { items } = await client.call('listMembers', {})
    const member_id = items.find(({ subject }) => subject === `${sub}@acme.test`)?.member_id ?? ''
    return { token, client, member_id }
  }
  const admin = await join('ada')
  await admin.client.call('setMemberRole', { params: { member_id: admin.member_id }, body: { role: 'admin' } })
  await admin.client.call('setDefaultRole', { body: { role: defaultRole } })
  return { tenantId, admin, join }
}

it('an admin whom the settings of the server name stays one, whatever the members say', async () => {
  const { admin, join } = await newTeam('viewer')
  const appointed = await join('appointed')
  expect(await appointed.client.call('getSession', {})).toMatchObject({ role: 'admin' })
  const request = { params: { member_id: appointed.member_id }, body: { role: 'viewer' as const } }
  expect(await admin.client.call('setMemberRole', request)).toMatchObject({ role: 'viewer', effective_role: 'admin' })
  await appointed.client.call('setDefaultRole', { body: { role: 'operator' } })
  expect(await (await join('grace')).client.call('getSession', {})).toMatchObject({ role: 'operator' })
})

describe.each(ROLES)('a member with the role %s', (role) => {
  let token: string
  beforeAll(async () => {
    token = (await (await newTeam(role)).join('grace')).token
  })

  const isAllowed = ([, route]: [RouteName, Route]) => route.role !== undefined && hasRole(role, route.role)
  // No path names anything of this tenant, so a request that is allowed is not found or not understood.
  const send = (name: RouteName, { method }: Route) => {
    const body = method === 'GET' || method === 'DELETE' ? {} : { body: {} }
    return sendTo(server.url, name, { headers: credentialHeader('user', token), ...body })
  }

  it.each(userRoutes.filter(isAllowed))('may call %s', async (name, route) => {
    const answer = await send(name, route)
    expect(answer.status).not.toBe(403)
    await answer.body?.cancel()
  })

  it.each(userRoutes.filter((each) => !isAllowed(each)))('may not call %s', async (name, route) => {
    const detail = `grace@acme.test has the role ${role}. This request needs the role ${route.role}.`
    expect(await readProblem(await send(name, route))).toMatchObject({
      status: 403,
      code: 'AUTH_ROLE_REQUIRED',
      detail,
    })
  })
})

describe('roles', () => {
  it('let everyone do everything until an admin says otherwise', async () => {
    const token = await sign({ iss: issuer.url, aud: 'radix', tenant_id: 'old', sub: 'someone' })
    expect(await server.clientWith(token).call('getSession', {})).toMatchObject({ role: 'admin' })
  })

  it('hold from the next request, also for a session that is open', async () => {
    const { admin, join } = await newTeam('operator')
    const { token, client, member_id } = await join('grace')
    await client.call('createCluster', { body: { name: 'one' } })
    const opened = await sendTo(server.url, 'createSession', { headers: credentialHeader('user', token) })
    const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? ''
    await admin.client.call('setMemberRole', { params: { member_id }, body: { role: 'viewer' } })
    expect(await refusalOf(client.call('createCluster', { body: { name: 'two' } }))).toMatchObject({
      code: 'AUTH_ROLE_REQUIRED',
    })
    const headers = { cookie, 'x-radix-csrf': '1' }
    const refused = await sendTo(server.url, 'createCluster', { headers, body: { name: 'three' } })
    expect((await readProblem(refused)).code).toBe('AUTH_ROLE_REQUIRED')
  })

  it('are looked up again once the body of a request is there', async () => {
    const { admin, join } = await newTeam('viewer')
    const { token, member_id } = await join('mallory')
    await admin.client.call('setMemberRole', { params: { member_id }, body: { role: 'admin' } })
    const isSeen = async () => {
      const { items } = await admin.client.call('listMembers', {})
      return items.some((each) => each.member_id === member_id && each.last_seen_at > '2001')
    }
    await sql`update members set last_seen_at = '2000-01-01' where member_id = ${member_id}`.execute(server.db)
    const held = request(`${server.url}/v1/members/${member_id}/role`, {
      method: 'PUT',
      headers: { ...credentialHeader('user', token), 'content-type': 'application/json' },
    })
    held.write('{"role":')
    await expect.poll(isSeen, { timeout: 20_000 }).toBe(true)
    await admin.client.call('setMemberRole', { params: { member_id }, body: { role: 'viewer' } })
    held.end('"admin"}')
    const [answer] = await once(held, 'response')
    expect(await json(answer)).toMatchObject({ status: 403, code: 'AUTH_ROLE_REQUIRED' })
  })

  it('that are higher also hold for a session that is open', async () => {
    const { admin, join } = await newTeam('viewer')
    const { token, client, member_id } = await join('grace')
    const opened = await sendTo(server.url, 'createSession', { headers: credentialHeader('user', token) })
    const { code } = await client.call('createSignInLink', {})
    const linked = await sendTo(server.url, 'openSignInLink', { body: { code } })
    await admin.client.call('setMemberRole', { params: { member_id }, body: { role: 'operator' } })
    for (const { headers } of [opened, linked]) {
      const cookie = headers.get('set-cookie')?.split(';')[0] ?? ''
      const answer = await sendTo(server.url, 'getSession', { headers: { cookie } })
      expect(await answer.json()).toMatchObject({ role: 'operator' })
    }
  })

  it('belong to the user and not to the name', async () => {
    const { join } = await newTeam()
    const impostor = await join('mallory', { email: 'ada@acme.test', preferred_username: 'ada@acme.test' })
    expect(await impostor.client.call('getSession', {})).toMatchObject({ subject: 'ada@acme.test', role: 'viewer' })
  })

  it('never leave a tenant without an admin', async () => {
    const { admin, join } = await newTeam()
    const params = { member_id: admin.member_id }
    const demote = () => admin.client.call('setMemberRole', { params, body: { role: 'viewer' } })
    expect(await refusalOf(demote())).toMatchObject({ code: 'MEMBERS_NEED_ADMIN' })
    const other = await join('grace')
    await admin.client.call('setMemberRole', { params: { member_id: other.member_id }, body: { role: 'admin' } })
    expect(await demote()).toMatchObject({ role: 'viewer' })
  })

  it('of another tenant are out of reach', async () => {
    const [first, second] = [await newTeam(), await newTeam()]
    const params = { member_id: second.admin.member_id }
    const change = first.admin.client.call('setMemberRole', { params, body: { role: 'viewer' } })
    expect(await refusalOf(change)).toMatchObject({ code: 'NOT_FOUND' })
  })

  it('do not bind the holder of the key of the data directory, whose tokens may allow less', async () => {
    const { tenantId } = await newTeam()
    const mint = (role?: Role) => server.issuer.mintToken({ subject: 'root', tenantId, ttlSeconds: 60, role })
    expect(await server.clientWith(await mint()).call('getSession', {})).toMatchObject({ role: 'admin' })
    const limited = server.clientWith(await mint('viewer'))
    expect(await limited.call('getSession', {})).toMatchObject({ role: 'viewer' })
    expect(await refusalOf(limited.call('createCluster', { body: { name: 'x' } }))).toMatchObject({
      code: 'AUTH_ROLE_REQUIRED',
      fix: expect.stringContaining('limited to the role viewer'),
    })
    expect((await server.clientWith(await mint()).call('listMembers', {})).items).toHaveLength(1)
  })

  it('of a link are at most those that it names', async () => {
    const tenant = await server.newTenant()
    const { code } = await tenant.client.call('createSignInLink', { body: { role: 'viewer' } })
    const session = await server.clientWith('').call('openSignInLink', { body: { code } })
    expect(session).toMatchObject({ subject: 'tester', role: 'viewer' })
  })

  it('of a session from before there were roles are the default ones', async () => {
    const { tenantId } = await newTeam('operator')
    const tenant = { tenantId, token: await server.issuer.mintToken({ subject: 'old', tenantId, ttlSeconds: 60 }) }
    const opened = await sendTo(server.url, 'createSession', { headers: credentialHeader('user', tenant.token) })
    const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? ''
    await sql`update sessions set principal = null where tenant_id = ${tenantId}`.execute(server.db)
    const answer = await sendTo(server.url, 'getSession', { headers: { cookie } })
    expect(await answer.json()).toMatchObject({ role: 'operator' })
  })

  it('of a grant to GitHub jobs limit the token of their run', async () => {
    const { token, run_id } = await server.clientWith('').call('exchangeGithubToken', {
      body: { token: await github.sign() },
    })
    const client = server.clientWith(token)
    await client.call('listBaselines', {})
    const error = await refusalOf(client.call('registerRun', { body: runRegistration({ run_id }) }))
    expect(error).toMatchObject({ code: 'AUTH_ROLE_REQUIRED' })
    expect(error.fix).toContain('RADIX_GITHUB_GRANTS')
  })

  it('of an API key decide whether it records observations', async () => {
    const tenant = await server.newTenant()
    const keyOf = async (role: 'viewer' | 'operator') =>
      server.clientWith((await tenant.client.call('createApiKey', { body: { name: role, role } })).api_key)
    const body = { job_id: 'j', job_type: 'a', gpu_type: 'A10G', actual_runtime: 1, success: true }
    const viewer = await keyOf('viewer')
    const error = await refusalOf(viewer.call('observe', { body }))
    expect(error).toMatchObject({ code: 'AUTH_ROLE_REQUIRED' })
    expect(error.fix).toContain('radix api-key create <name> --role operator')
    await viewer.call('score', { body: { job_type: 'a', candidate_gpu_types: ['A10G'] } })
    await (await keyOf('operator')).call('observe', { body })
  })
})
