/** An issuer of tokens for the jobs of a workflow, as GitHub's: a real issuer with claims of GitHub's shape. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import type { GithubConfig, GithubGrant } from '../auth/issuers/github.ts'
import { TestIssuer } from './issuer.ts'

export interface TestGithub {
  config: GithubConfig
  /** A new token of the job that the config grants access; `claims` change it. */
  sign(claims?: Record<string, unknown>, expiresInSeconds?: number): Promise<string>
  close(): Promise<void>
}

const WORKFLOW = 'acme/models/.github/workflows/gpu-benchmark-ec2.yml@refs/heads/main'

export async function startTestGithub({
  tenant = 'acme',
  role = 'operator',
}: Partial<GithubGrant> = {}): Promise<TestGithub> {
  const issuer = new TestIssuer()
  await issuer.open()
  const sign = await issuer.addKey('github', { alg: 'RS256' })
  const audience = 'https://radix.example.com'
  const grant = {
    tenant,
    role,
    repositoryId: '74',
    repositoryOwnerId: '65',
    workflowRefs: [WORKFLOW],
    events: ['workflow_dispatch', 'schedule'],
    refs: ['refs/heads/main', 'refs/pull/*/merge'],
  }
  const job = {
    aud: audience,
    sub: 'repo:acme/models:ref:refs/heads/main',
    repository: 'acme/models',
    repository_id: '74',
    repository_owner_id: '65',
    workflow_ref: WORKFLOW,
    job_workflow_ref: WORKFLOW,
    event_name: 'workflow_dispatch',
    ref: 'refs/heads/main',
    run_id: '1001',
    run_attempt: '1',
    tenant_id: undefined,
  }
  return {
    config: { issuer: issuer.url, audience, grants: [grant] },
    sign: (claims = {}, expiresInSeconds = 300) => sign({ ...job, jti: randomUUID(), ...claims }, expiresInSeconds),
    close: () => issuer.close(),
  }
}

/** One that all tests of a file share; empty until they start. */
export function useTestGithub(role?: GithubGrant['role']): TestGithub {
  const github = {} as TestGithub
  let running: TestGithub | undefined
  beforeAll(async () => {
    running = await startTestGithub(role === undefined ? {} : { role })
    Object.assign(github, running)
  })
  afterAll(() => running?.close())
  return github
}
