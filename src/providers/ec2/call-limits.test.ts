import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { RunInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Clock, systemClock } from '../../core/clock.ts'
import { createAwsClients } from './aws-clients.ts'
import { describeInstance } from './instances.ts'
import { deleteSecrets } from './secrets.ts'

/** AWS in trouble: `answer` answers each request, or none does. */
let server: Server
let requests: string[]
let answer: (body: string, count: number) => { status?: number; type?: string; body: string } | undefined

beforeEach(async () => {
  requests = []
  server = createServer(async (incoming, outgoing) => {
    let body = ''
    for await (const chunk of incoming) body += chunk
    requests.push(body)
    const answered = answer(body, requests.length)
    if (!answered) return
    outgoing.writeHead(answered.status ?? 200, { 'content-type': answered.type ?? 'text/xml' }).end(answered.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const env = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'testing',
    AWS_SECRET_ACCESS_KEY: 'testing',
  }
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
})
afterEach(() => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
})

const quick = () => createAwsClients('us-west-2', { callTimeoutMs: 400, attemptTimeoutMs: 150 })

describe('a call to AWS that is never answered', () => {
  it('ends as unanswered, and sends nothing afterwards', async () => {
    answer = () => undefined
    const { ec2 } = quick()
    const launch = ec2.send(new RunInstancesCommand({ MinCount: 1, MaxCount: 1, ClientToken: 'x' }))
    await expect(launch).rejects.toMatchObject({ name: expect.stringMatching(/^(AwsCallTimedOut|TimeoutError)$/) })
    const launches = () => requests.filter((body) => body.includes('RunInstances')).length
    const sent = launches()
    expect(sent).toBeGreaterThan(0)
    // While other calls use up their time one after the other.
    for (const InstanceIds of [['i-1'], ['i-2'], ['i-3']]) {
      await expect(ec2.send(new TerminateInstancesCommand({ InstanceIds }))).rejects.toThrow()
    }
    expect(launches()).toBe(sent)
  })

  it('is repeated within its time: one lost request does not fail the call', async () => {
    answer = (_, count) =>
      count === 1
        ? undefined
        : { body: '<TerminateInstancesResponse><requestId>1</requestId><instancesSet/></TerminateInstancesResponse>' }
    const { ec2 } = createAwsClients('us-west-2', { callTimeoutMs: 10_000, attemptTimeoutMs: 150 })
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: ['i-1'] }))
    expect(requests).toHaveLength(2)
  })

  it.each([
    ['words', 'text/plain', 'welcome to the proxy'],
    ['a torn document', 'text/xml', '<DescribeInstancesResponse><reservationSet><item>'],
    ['an HTML page', 'text/html', '<html><body><p>Sign in<br></body></html>'],
  ])('that is answered by %s is neither a bug of Radix nor an absent machine', async (_, type, body) => {
    answer = () => ({ type, body, status: 200 })
    expect(await describeInstance(quick(), 'i-0123456789abcdef0')).toMatchObject({ outcome: 'unknown' })
  })

  it('leaves a machine unknown, not absent', async () => {
    answer = () => undefined
    expect(await describeInstance(quick(), 'i-0123456789abcdef0')).toMatchObject({ outcome: 'unknown' })
  })
})

describe('the deletion of a run’s secrets', () => {
  const type = 'application/x-amz-json-1.1'
  const shown = { type, body: JSON.stringify({ Parameters: [{ Name: '/radix/runs/run_1/onboarding-token' }] }) }

  /** A clock whose time passes only while it sleeps. */
  function startClock() {
    let nowMs = 0
    const clock: Clock = {
      now: () => new Date(nowMs),
      monotonicMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms
      },
    }
    return clock
  }

  it('waits while SSM still lists a deleted secret', async () => {
    const clock = startClock()
    answer = (body) => {
      if (JSON.parse(body).Names) return { type, body: '{}' }
      return clock.monotonicMs() < 6000 ? shown : { type, body: '{"Parameters":[]}' }
    }
    await deleteSecrets(createAwsClients('us-west-2').ssm, 'run_1', clock)
    expect(requests.length).toBeLessThan(30)
  })

  it('fails when SSM lists it for ever', async () => {
    answer = (body) => (JSON.parse(body).Names ? { type, body: '{}' } : shown)
    const deletion = deleteSecrets(createAwsClients('us-west-2').ssm, 'run_1', startClock())
    await expect(deletion).rejects.toMatchObject({ code: 'AWS_CALL_FAILED' })
  })
})

describe('a list of AWS', () => {
  it('continues after an empty page with a token', async () => {
    const page = (names: string[], token?: string) => ({
      type: 'application/x-amz-json-1.1',
      body: JSON.stringify({ Parameters: names.map((Name) => ({ Name })), ...(token ? { NextToken: token } : {}) }),
    })
    const deleted: string[] = []
    answer = (body) => {
      const request = JSON.parse(body)
      if (request.Names) {
        deleted.push(...request.Names)
        return { type: 'application/x-amz-json-1.1', body: '{}' }
      }
      if (deleted.length > 0) return page([])
      return request.NextToken ? page(['/radix/runs/run_1/onboarding-token']) : page([], 'more')
    }
    await deleteSecrets(createAwsClients('us-west-2').ssm, 'run_1', systemClock)
    expect(deleted).toEqual(['/radix/runs/run_1/onboarding-token'])
  })

  it('includes a machine on the second page', async () => {
    const page = (set: string, token = '') =>
      `<DescribeInstancesResponse><requestId>1</requestId><reservationSet>${set}</reservationSet>${token && `<nextToken>${token}</nextToken>`}</DescribeInstancesResponse>`
    const instance =
      '<item><instancesSet><item><instanceId>i-1</instanceId><instanceState><code>16</code><name>running</name></instanceState></item></instancesSet></item>'
    answer = (body) => ({ body: body.includes('NextToken=more') ? page(instance) : page('', 'more') })
    expect(await describeInstance(createAwsClients('us-west-2'), 'i-1')).toMatchObject({
      outcome: 'found',
      value: { machineId: 'i-1', state: 'running' },
    })
  })
})
