/** Jobs of GitHub Actions that sign in without a stored secret, and the rights of their token. */

import { beforeAll, describe, expect, it } from 'vitest'
import type { Route } from '../../contract/route.ts'
import { ROUTES, type RouteName } from '../../contract/routes.ts'
import { runRegistration } from '../../contract/testing/new-objects.ts'
import { deriveGithubRunId } from '../../core/github-run.ts'
import { deleteOld } from '../background/retention.ts'
import { testBaseline } from '../testing/baseline.ts'
import { useTestGithub } from '../testing/github.ts'
import { testReaperReport } from '../testing/reaper-report.ts'
import { credentialHeader, readProblem, refusalOf, sendTo } from '../testing/requests.ts'
import { startTestServer } from '../testing/test-server.ts'
import { useTestServer } from '../testing/use-test-server.ts'

const github = useTestGithub()
const { server } = useTestServer(() => ({ github: github.config }))

const exchange = async (token: string, key?: string) =>
  server.clientWith('').call('exchangeGithubToken', { body: { token, ...(key === undefined ? {} : { key }) } })

describe('the token of a job', () => {
  it('is exchanged for a token of the run whose id derives from the job', async () => {
    const answer = await exchange(await github.sign(), 'a10g')
    const attempt = { repositoryId: '74', runId: '1001', runAttempt: '1', key: 'a10g' }
    expect(answer).toMatchObject({ tenant_id: 'acme', run_id: deriveGithubRunId(attempt) })
    const livesForMs = new Date(answer.expires_at).getTime() - Date.now()
    expect(livesForMs).toBeGreaterThan(50 * 60_000)
    expect(livesForMs).toBeLessThanOrEqual(60 * 60_000)
  })

  it('matches a pattern in which a star stands for one part', async () => {
    expect(await exchange(await github.sign({ ref: 'refs/pull/7/merge' }))).toMatchObject({ tenant_id: 'acme' })
  })

  it('is accepted once among many concurrent attempts', async () => {
    const token = await github.sign()
    const tries = Array.from({ length: 8 }, () => sendTo(server.url, 'exchangeGithubToken', { body: { token } }))
    const answers = await Promise.all(tries)
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 401, 401, 401, 401, 401, 401, 401])
    const refused = answers.find(({ status }) => status === 401)
    expect(refused && (await readProblem(refused)).code).toBe('AUTH_GITHUB_TOKEN_USED')
    await deleteOld(server.app)
    expect(await refusalOf(exchange(token))).toMatchObject({ code: 'AUTH_GITHUB_TOKEN_USED' })
  })

  it.each([
    ['another repository with the same name', 'repository_id', '75'],
    ['another owner', 'repository_owner_id', '66'],
    ['another workflow', 'job_workflow_ref', 'acme/models/.github/workflows/evil.yml@refs/heads/main'],
    [
      'the workflow as a branch has it',
      'job_workflow_ref',
      'acme/models/.github/workflows/gpu-benchmark-ec2.yml@refs/heads/x',
    ],
    ['an unlisted event', 'event_name', 'pull_request'],
    ['an unlisted ref', 'ref', 'refs/heads/feature'],
    ['a ref beyond a pattern', 'ref', 'refs/pull/7/merge/main'],
    ['a ref similar to a listed one', 'ref', 'refs/heads/mainX'],
  ])('of %s is refused, naming the claim', async (_, claim, value) => {
    const error = await refusalOf(exchange(await github.sign({ [claim]: value })))
    expect(error).toMatchObject({ code: 'AUTH_GITHUB_REFUSED', why: expect.stringContaining(`${claim} is ${value}`) })
  })

  it.each([
    ['for another audience', { aud: 'https://another.example' }, 300, 'AUTH_TOKEN_INVALID'],
    ['for two audiences', { aud: ['https://radix.example.com', 'sts.amazonaws.com'] }, 300, 'AUTH_TOKEN_INVALID'],
    ['of another issuer', { iss: 'https://evil.example' }, 300, 'AUTH_TOKEN_INVALID'],
    ['that has expired', {}, -60, 'AUTH_TOKEN_EXPIRED'],
    ['without an id of its own', { jti: undefined }, 300, 'AUTH_TOKEN_INVALID'],
    ['without the claims of a job', { job_workflow_ref: undefined }, 300, 'AUTH_TOKEN_INVALID'],
  ])('%s is refused', async (_, claims, expiresInSeconds, code) => {
    expect(await refusalOf(exchange(await github.sign(claims, expiresInSeconds)))).toMatchObject({ code })
  })

  it('is no user token, and never appears in the log', async () => {
    const token = await github.sign()
    expect(await refusalOf(server.clientWith(token).call('listRuns', {}))).toMatchObject({ code: 'AUTH_TOKEN_INVALID' })
    const { token: runToken } = await exchange(token)
    expect(server.readLog()).not.toContain(token.slice(0, 60))
    expect(server.readLog()).not.toContain(runToken)
  })

  it('is refused when no repository is granted access', async () => {
    const closed = await startTestServer()
    const response = await sendTo(closed.url, 'exchangeGithubToken', { body: { token: await github.sign() } })
    expect(await readProblem(response)).toMatchObject({ status: 403, code: 'AUTH_GITHUB_NOT_CONFIGURED' })
    await closed.close()
  })
})

describe('the token of a run', () => {
  it('allows everything that its run needs', async () => {
    const { token, run_id } = await exchange(await github.sign({ run_id: '1' }))
    const client = server.clientWith(token)
    await client.call('registerRun', { body: runRegistration({ run_id }) })
    const { cluster_id } = await client.call('createCluster', { body: { name: 'ci-gpu-bench' } })
    const params = { cluster_id }
    const { one_time_token } = await client.call('createOnboardingToken', { params })
    await server.clientWith(one_time_token).call('exchangeOnboardingToken', { params, body: {} })
    const job = await client.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark', run_id } })
    await client.call('cancelJob', { params: { cluster_id, job_id: job.job_id } })
    await client.call('putEvidence', { params: { run_id }, body: { schema: 'radix.evidence/v2' } })
    await client.call('archiveCluster', { params })
    expect((await client.call('listClusters', {})).items.map((cluster) => cluster.cluster_id)).toEqual([cluster_id])
    expect((await client.call('listRuns', {})).items.map((run) => run.run_id)).toEqual([run_id])
    expect((await client.call('listBaselines', {})).items).toEqual([])
    expect(await refusalOf(client.call('getBaseline', { params: { name: 'main' } }))).toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  const userRoutes = Object.entries<Route>(ROUTES).filter(([, { auth }]) => auth === 'user') as [RouteName, Route][]
  const collections = ['listClusters', 'listRuns', 'createCluster', 'listBaselines', 'getBaseline', 'getBudget']

  describe('with objects of another run', () => {
    let other: { run_id: string; cluster_id: string; job_id: string }
    let token: string
    beforeAll(async () => {
      const { run_id, token: otherToken } = await exchange(await github.sign({ run_id: '2' }))
      const otherClient = server.clientWith(otherToken)
      await otherClient.call('registerRun', { body: runRegistration({ run_id }) })
      const { cluster_id } = await otherClient.call('createCluster', { body: { name: 'other' } })
      const body = { job_kind: 'resnet50_benchmark' as const }
      const { job_id } = await otherClient.call('launchJob', { params: { cluster_id }, body })
      other = { run_id, cluster_id, job_id }
      token = (await exchange(await github.sign({ run_id: '3' }))).token
    })

    it.each(userRoutes.filter(([name]) => !collections.includes(name)))('%s refuses it', async (name) => {
      const bodies: Partial<Record<RouteName, unknown>> = {
        registerRun: runRegistration({ run_id: other.run_id }),
        updateRun: { status: 'running' },
        putEvidence: { schema: 'radix.evidence/v2' },
        putBaseline: testBaseline(),
        createWebhook: { url: 'https://receiver.invalid/hook' },
        setMemberRole: { role: 'viewer' },
        setDefaultRole: { role: 'viewer' },
        setBudget: { per_day_usd: null, per_month_usd: null },
        startBenchmark: {},
        launchJob: { job_kind: 'resnet50_benchmark' },
        createApiKey: { name: 'mine' },
        putReaperReport: testReaperReport(),
      }
      const body = bodies[name]
      const response = await sendTo(server.url, name, {
        params: { ...other, api_key_id: 'key_x', name: 'main' },
        headers: credentialHeader('user', token),
        ...(name === 'compareRuns' ? { query: { run_ids: `${other.run_id},run_x` } } : {}),
        ...(body === undefined ? {} : { body }),
      })
      expect(await readProblem(response)).toMatchObject({ status: 403, code: 'AUTH_OUT_OF_SCOPE' })
    })
  })

  it('sees no objects of other runs in lists', async () => {
    const { token } = await exchange(await github.sign({ run_id: '4' }))
    expect((await server.clientWith(token).call('listClusters', {})).items).toEqual([])
    expect((await server.clientWith(token).call('listRuns', {})).items).toEqual([])
  })

  it('may not launch a job on its own cluster for another run', async () => {
    const { token } = await exchange(await github.sign({ run_id: '5' }))
    const client = server.clientWith(token)
    const { cluster_id } = await client.call('createCluster', { body: { name: 'a' } })
    const body = { job_kind: 'resnet50_benchmark' as const, run_id: 'run_of_another' }
    const refused = await refusalOf(client.call('launchJob', { params: { cluster_id }, body }))
    expect(refused).toMatchObject({ code: 'AUTH_OUT_OF_SCOPE' })
  })

  it('gets no object of another run by its idempotency key', async () => {
    const [first, second] = [
      await exchange(await github.sign({ run_id: '7' })),
      await exchange(await github.sign({ run_id: '8' })),
    ]
    const request = { body: { name: 'same' }, idempotencyKey: `${second.run_id}-create-cluster` }
    const taken = await server.clientWith(first.token).call('createCluster', request)
    const own = await server.clientWith(second.token).call('createCluster', request)
    expect(own.cluster_id).not.toBe(taken.cluster_id)
    await server.clientWith(second.token).call('getCluster', { params: { cluster_id: own.cluster_id } })
  })

  it('expires after an hour', async () => {
    const { token, run_id } = await exchange(await github.sign({ run_id: '6' }))
    await server.db
      .updateTable('run_tokens')
      .set({ expires_at: new Date(0) })
      .where('run_id', '=', run_id)
      .execute()
    const client = server.clientWith(token)
    expect(await refusalOf(client.call('listRuns', {}))).toMatchObject({ code: 'AUTH_TOKEN_EXPIRED' })
    await deleteOld(server.app)
    expect(await refusalOf(client.call('listRuns', {}))).toMatchObject({ code: 'AUTH_TOKEN_INVALID' })
  })
})
