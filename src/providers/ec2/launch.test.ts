/** The outcome of a launch for each answer of RunInstances, with the real SDK over HTTP. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LaunchNotCompleted, type LaunchRequest } from '../provider.ts'
import { createAwsClients } from './aws-clients.ts'
import { createEc2Provider } from './ec2-provider.ts'
import { parseEc2Settings } from './settings.ts'

interface Answer {
  status?: number
  type?: string
  body: string
}

const xml = (action: string, inner: string): Answer => ({
  body: `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId>${inner}</${action}Response>`,
})
const error = (status: number, code: string): Answer => ({
  status,
  body: `<Response><Errors><Error><Code>${code}</Code><Message>because</Message></Error></Errors><RequestID>1</RequestID></Response>`,
})
const LAUNCHED = xml(
  'RunInstances',
  '<instancesSet><item><instanceId>i-0123456789abcdef0</instanceId><instanceState><code>0</code><name>pending</name></instanceState><iamInstanceProfile><arn>arn:aws:iam::123456789012:instance-profile/p</arn></iamInstanceProfile></item></instancesSet>',
)
const FOUND: Record<string, Answer> = {
  DescribeImages: xml(
    'DescribeImages',
    '<imagesSet><item><imageId>ami-0123456789abcdef0</imageId><imageState>available</imageState><architecture>x86_64</architecture></item></imagesSet>',
  ),
  DescribeSubnets: xml(
    'DescribeSubnets',
    '<subnetSet><item><subnetId>subnet-0123456789abcdef0</subnetId><vpcId>vpc-1</vpcId><availabilityZone>us-west-2a</availabilityZone></item></subnetSet>',
  ),
  DescribeRouteTables: xml('DescribeRouteTables', '<routeTableSet/>'),
  DescribeSecurityGroups: xml(
    'DescribeSecurityGroups',
    '<securityGroupInfo><item><groupId>sg-0123456789abcdef0</groupId></item></securityGroupInfo>',
  ),
}

let server: Server
/** Answers to RunInstances in turn; the last one repeats. Undefined: no answer. */
let launches: (Answer | undefined)[]
let tagging: Answer

beforeEach(async () => {
  tagging = { type: 'application/x-amz-json-1.1', body: '{}' }
  let count = 0
  server = createServer(async (incoming, outgoing) => {
    let body = ''
    for await (const chunk of incoming) body += chunk
    const action = new URLSearchParams(body).get('Action') ?? ''
    const launch = launches[Math.min(count, launches.length - 1)]
    if (action === 'RunInstances') count++
    const answer = action === 'RunInstances' ? launch : (FOUND[action] ?? tagging)
    if (!answer) return
    outgoing.writeHead(answer.status ?? 200, { 'content-type': answer.type ?? 'text/xml' }).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'testing')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'testing')
  // The SDK waits for a random part of its back-off.
  vi.spyOn(Math, 'random').mockReturnValue(0.01)
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
})

function launch(): Promise<unknown> {
  const settings = parseEc2Settings({
    agentImage: 'radix-agent:1',
    amiId: 'ami-0123456789abcdef0',
    subnetIds: ['subnet-0123456789abcdef0'],
    securityGroupId: 'sg-0123456789abcdef0',
  })
  const clients = createAwsClients('us-west-2', { callTimeoutMs: 3000, attemptTimeoutMs: 200 })
  const request: LaunchRequest = {
    placement: { region: 'us-west-2', zone: 'us-west-2a', instanceType: 'g5.2xlarge', market: 'on-demand' },
    runId: 'run_1',
    clientToken: 'm_1',
    clusterId: 'cl_1',
    clusterName: 'test',
    apiBase: 'https://radix.example.com',
    onboardingTokenReference: '/radix/runs/run_1/onboarding-token',
    deadlineAt: new Date('2099-01-01T00:00:00Z'),
  }
  return createEc2Provider({ settings, clients }).launch(request, new AbortController().signal)
}

const HTML: Answer = { type: 'text/html', body: '<html><body><h1>Welcome<br>to the proxy</body></html>' }
const HALF: Answer = { body: LAUNCHED.body.slice(0, 200) }

it.each([
  ['an HTML page with status 200', [HTML]],
  ['half of the answer', [HALF]],
  ['an answer without an instance', [xml('RunInstances', '<instancesSet/>')]],
  ['an unknown error', [error(400, 'SomethingNew')]],
  ['an internal error', [error(500, 'InternalError')]],
  ['nothing at all', [undefined]],
  [
    'nothing, and then a refusal: the first attempt may have launched',
    [undefined, error(400, 'InvalidParameterValue')],
  ],
  [
    'an internal error, and then a lack of capacity',
    [error(500, 'InternalError'), error(500, 'InsufficientInstanceCapacity')],
  ],
])('answered by %s, counts as unanswered and never as failed', async (_, answers) => {
  launches = answers
  await expect(launch()).rejects.toMatchObject({ code: 'LAUNCH_UNANSWERED' })
})

it.each([
  ['InsufficientInstanceCapacity', 500, 'LAUNCH_CAPACITY'],
  ['InvalidParameterValue', 400, 'LAUNCH_FAILED'],
  ['UnauthorizedOperation', 403, 'AWS_ACCESS_DENIED'],
])('answered only by %s, launched nothing', async (code, status, expected) => {
  launches = [error(status, code)]
  await expect(launch()).rejects.toMatchObject({ code: expected })
})

it('names the launched machine that may not read its secret, and the denied action', async () => {
  launches = [LAUNCHED]
  const denied = { __type: 'AccessDeniedException', message: 'not authorized to perform: ssm:AddTagsToResource' }
  tagging = { status: 400, type: 'application/x-amz-json-1.1', body: JSON.stringify(denied) }
  const caught = await launch().catch((thrown: unknown) => thrown)
  expect(caught).toBeInstanceOf(LaunchNotCompleted)
  expect(caught).toMatchObject({
    code: 'AWS_ACCESS_DENIED',
    why: expect.stringMatching(/^i-0123456789abcdef0 was launched.*ssm:AddTagsToResource/),
    machine: { machineId: 'i-0123456789abcdef0' },
  })
})
