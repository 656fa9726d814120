/**
 * The termination of an EC2 machine in trouble: the real engine, control plane and AWS SDK. AWS is moto behind a proxy
 * that causes the trouble. Each failure is shown and retried, never counts as a termination, and a clean-up finishes it.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  EC2Client,
  type Instance,
  ModifyInstanceAttributeCommand,
} from '@aws-sdk/client-ec2'
import { DescribeParametersCommand, GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { startTestServer, type TestServer } from '../src/control-plane/testing/test-server.ts'
import { newId } from '../src/core/ids.ts'
import type { RunEvent, RunOutcome } from '../src/harness/events.ts'
import { cleanUpRun } from '../src/harness/finish-run.ts'
import { exitCodeOf, exitCodeOfCleanup } from '../src/harness/outcome.ts'
import { startRun } from '../src/harness/start-run.ts'
import { createEc2Provider } from '../src/providers/ec2/ec2-provider.ts'
import { parameterName, TAG } from '../src/providers/ec2/names.ts'
import { type AwsAccount, prepareAccount } from './support/aws-account.ts'
import { type Fault, type FaultProxy, startFaultProxy } from './support/fault-proxy.ts'
import { describeWithMoto, MOTO_REGION, type Moto, startMoto } from './support/moto.ts'
import { ownAddress } from './support/own-address.ts'
import { startTinyAgent, type TinyAgent } from './support/tiny-agent.ts'
import { World } from './support/world.ts'

const SETTLED_MS = 60_000
const OLD_KEY = 'AKIAEXAMPLEOLD000000'
const NEW_KEY = 'AKIAEXAMPLENEW000000'
const TTL_MINUTES = 600
/** It can terminate the machine, but cannot confirm it. */
const BLIND = 'a role that may not look'
/** Only the clock of the harness runs fast. AWS and the network keep real time, so it stops during calls to AWS. */
const LEAP = { everyMs: 25, byMs: 20_000 }

let moto: Moto
let proxy: FaultProxy
let server: TestServer
let account: AwsAccount
/** Asks moto directly: only the proxy causes trouble. */
let ec2: EC2Client
let ssm: SSMClient
let credentials: string
let world: World
let jitter: MockInstance<typeof Math.random> | undefined

interface Trouble {
  /** Called before the trouble begins. */
  prepare?(instance: Instance): Promise<unknown>
  begin(machineId: string): void
  end(): Promise<void> | void
  /** The message to the user meanwhile. */
  alarm: RegExp
  /** The reason in an unconfirmed termination. */
  lastAnswer: RegExp
  /** The trouble is temporary by nature. */
  passes?: true
  /** Time runs fast after so many calls of this action. */
  after: { action: string; count: number }
}

const answering = (status: number, code: string, only: Partial<Fault>): Fault => ({
  ...only,
  does: { answerWith: { status, code, message: `the test answers ${code}` } },
})
const denial = (code: string): Trouble => ({
  begin: () => proxy.add(answering(403, code, { action: 'TerminateInstances' })),
  end: () => proxy.clear(),
  alarm: new RegExp(`AWS_ACCESS_DENIED: ${code}: .* Fix: Create the role with \`radix aws init\``),
  lastAnswer: new RegExp(`Last answer: AWS_ACCESS_DENIED: ${code}`),
  after: { action: 'TerminateInstances', count: 3 },
})
const expiry = (code: string): Trouble => ({
  begin: () => proxy.add(answering(400, code, { signedWith: OLD_KEY })),
  end: () => writeCredentials(NEW_KEY),
  alarm: new RegExp(`AWS_CREDENTIALS_INVALID: ${code}: .* Fix: Sign in again`),
  lastAnswer: new RegExp(`Last answer: AWS_CREDENTIALS_INVALID: ${code}`),
  after: { action: 'DescribeInstances', count: 3 },
})

const TROUBLES: Record<string, Trouble> = {
  'AccessDenied at TerminateInstances': denial('AccessDenied'),
  'UnauthorizedOperation at TerminateInstances': denial('UnauthorizedOperation'),
  throttling: {
    begin: () => {
      // The SDK retries after a random part of up to 8 s; this makes it small.
      jitter = vi.spyOn(Math, 'random').mockReturnValue(0.05)
      proxy.add(answering(503, 'RequestLimitExceeded', { action: 'TerminateInstances' }))
    },
    end: () => proxy.clear(),
    alarm: /AWS_CALL_FAILED: RequestLimitExceeded: .* Fix: Try again/,
    lastAnswer: /RequestLimitExceeded/,
    passes: true,
    // The SDK makes five attempts of each call.
    after: { action: 'TerminateInstances', count: 6 },
  },
  'credentials that expire (ExpiredToken)': expiry('ExpiredToken'),
  'credentials that expire (RequestExpired)': expiry('RequestExpired'),
  [BLIND]: {
    begin: () => proxy.add(answering(403, 'UnauthorizedOperation', { action: 'DescribeInstances' })),
    end: () => proxy.clear(),
    alarm: /AWS_ACCESS_DENIED: UnauthorizedOperation: .* Fix: Create the role with `radix aws init`/,
    lastAnswer: /Last answer: AWS_ACCESS_DENIED: UnauthorizedOperation/,
    after: { action: 'DescribeInstances', count: 3 },
  },
  'an instance that stays in shutting-down': {
    begin: (machineId) => {
      proxy.answer('TerminateInstances', async () => shuttingDown(machineId))
      proxy.add({
        action: 'DescribeInstances',
        does: {
          rewrite: (body) => body.replace('<code>16</code><name>running', '<code>32</code><name>shutting-down'),
        },
      })
    },
    end: () => proxy.clear(),
    alarm: /i-[0-9a-f]+ is still not terminated \d+ s after the request: EC2 says i-[0-9a-f]+ is shutting-down/,
    lastAnswer: /Last answer: EC2 says i-[0-9a-f]+ is shutting-down/,
    after: { action: 'TerminateInstances', count: 1 },
  },
  'a volume that stays': {
    prepare: async ({ InstanceId, RootDeviceName: DeviceName }) => {
      const BlockDeviceMappings = [{ DeviceName, Ebs: { DeleteOnTermination: false } }]
      await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, BlockDeviceMappings }))
    },
    begin: () => proxy.add(answering(403, 'UnauthorizedOperation', { action: 'DeleteVolume' })),
    end: () => proxy.clear(),
    alarm: /AWS_ACCESS_DENIED: UnauthorizedOperation/,
    lastAnswer: /machine i-[0-9a-f]+, vol-[0-9a-f]+ is terminated.*Last answer: AWS_ACCESS_DENIED/,
    after: { action: 'DeleteVolume', count: 3 },
  },
}

describeWithMoto('the end of an EC2 machine', () => {
  beforeAll(async () => {
    moto = await startMoto()
    proxy = await startFaultProxy(moto.url)
    credentials = join(await mkdtemp(join(tmpdir(), 'radix-credentials-')), 'credentials')
    const env = { ...moto.env, AWS_ENDPOINT_URL: proxy.url, AWS_SHARED_CREDENTIALS_FILE: credentials }
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    // From the file, as on a machine whose user signs in again.
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
    await writeCredentials(OLD_KEY)
    account = await prepareAccount()
    const direct = { region: MOTO_REGION, endpoint: moto.url }
    ec2 = new EC2Client(direct)
    ssm = new SSMClient(direct)
    server = await startTestServer({ host: ownAddress() })
  })
  afterAll(async () => {
    await server.close()
    await proxy.close()
    await moto.stop()
    await rm(join(credentials, '..'), { recursive: true })
    vi.unstubAllEnvs()
  })
  beforeEach(async () => {
    await writeCredentials(OLD_KEY)
    world = await World.create(server, () => createEc2Provider({ settings: account.settings }))
  })
  afterEach(async () => {
    jitter?.mockRestore()
    proxy.clear()
    await world.close()
  })

  describe.each(Object.entries(TROUBLES))('with %s', (_, trouble) => {
    it('is shown, retried, and confirmed when it happens', async () => {
      const { outcome, alarms, runId } = await runInto(trouble, 'step', 'ends')
      expect(alarms.length).toBeGreaterThan(0)
      expect(outcome).toMatchObject({
        status: 'succeeded',
        termination: { confirmed: true, proof: expect.stringMatching(/EC2 says i-[0-9a-f]+ is terminated/) },
        pending: [],
      })
      await expectNothingLeft(runId)
    })

    if (trouble.passes) return
    it('stays unconfirmed when it never happens, until a clean-up confirms it', () =>
      expectUnconfirmed(trouble, 'undo'))
  })

  it('fails the step as it fails the undo when it never happens', () =>
    expectUnconfirmed(denial('AccessDenied'), 'step'))

  it('includes the volume of an instance that EC2 no longer lists', async () => {
    const { runId } = await runInto(TROUBLES['a volume that stays'] as Trouble, 'undo', 'stays')
    proxy.clear()
    proxy.add({ action: 'DescribeInstances', does: 'find-nothing' })
    const elsewhere = join(world.directory, 'elsewhere')
    const cleaning = cleanUp(runId, elsewhere)
    // The launch time is unknown there. Once EC2 was asked, the clock passes the time in which EC2 may not list it yet.
    const isAsked = () => proxy.actions.includes('DescribeVolumes') && !proxy.isBusy
    await vi.waitFor(() => expect(isAsked()).toBe(true), { timeout: 30_000, interval: 5 })
    world.clock.jump(SETTLED_MS)
    const cleaned = await cleaning
    expect(cleaned).toMatchObject({ pending: [], termination: { state: 'confirmed' } })
    expect(await listWhatCosts(runId)).toEqual([])
  })
})

async function expectUnconfirmed(trouble: Trouble, path: 'step' | 'undo'): Promise<void> {
  const { outcome, alarms, runId } = await runInto(trouble, path, 'stays')
  expect(alarms.length).toBeGreaterThan(1)
  expect(outcome).toMatchObject({
    status: 'termination_unconfirmed',
    termination: { confirmed: false, confirmed_at: null },
    error: {
      code: 'TERMINATION_UNCONFIRMED',
      why: expect.stringMatching(trouble.lastAnswer),
      fix: expect.stringContaining(`radix bench cleanup ${runId}`),
    },
    pending: expect.arrayContaining([expect.objectContaining({ step: 'launch-machine' })]),
  })
  expect(exitCodeOf(outcome)).toBe(7)
  const leftSomething = (await listWhatCosts(runId)).length > 0
  expect(leftSomething).toBe(trouble !== TROUBLES[BLIND])
  await trouble.end()
  const cleaned = await cleanUp(runId)
  expect(cleaned).toMatchObject({ pending: [], termination: { state: 'confirmed' } })
  expect(exitCodeOfCleanup(cleaned)).toBe(0)
  await expectNothingLeft(runId)
}

/** A run that meets the trouble during the termination. Time runs fast, so that no test waits for it. */
async function runInto(trouble: Trouble, path: 'step' | 'undo', how: 'ends' | 'stays') {
  const runId = newId('run')
  const interrupt = new AbortController()
  const alarms: string[] = []
  const side: Promise<unknown>[] = []
  let agent: TinyAgent | undefined
  let flight: NodeJS.Timeout | undefined
  const land = () => clearInterval(flight)
  const takeOff = () => {
    const { action, count } = trouble.after
    let seen = 0
    flight = setInterval(() => {
      const isDue = proxy.actions.filter((each) => each === action).length >= count
      // Between two calls of one look the harness does not sleep: a step that must stop then needs time for it.
      const isQuiet = !proxy.isBusy && proxy.actions.length === seen
      seen = proxy.actions.length
      if (isDue && isQuiet) world.clock.jump(LEAP.byMs)
    }, LEAP.everyMs)
  }
  let machineId = ''
  const goOn = async () => {
    const [instance = {}] = await listInstances(runId)
    machineId = instance.InstanceId ?? ''
    await trouble.prepare?.(instance)
    if (path === 'undo') interrupt.abort('the test')
    else agent = await bootAgent(runId)
  }
  const begin = () => {
    proxy.clear()
    // The machine is old enough: an instance that EC2 does not list is terminated.
    world.clock.jump(SETTLED_MS)
    trouble.begin(machineId)
    takeOff()
  }
  const observe = (event: RunEvent) => {
    const what = 'step' in event ? `${event.type} ${event.step}` : event.type
    if (what === 'step-started await-cluster') side.push(goOn())
    if (what === (path === 'step' ? 'step-started terminate-machine' : 'undo-started launch-machine')) begin()
    if (event.type !== 'warning' || !trouble.alarm.test(event.message)) return
    alarms.push(event.message)
    if (how === 'ends' && alarms.length === 1) {
      land()
      side.push(Promise.resolve(trouble.end()))
    }
  }
  const config = world.config({
    provider: 'ec2',
    machine: { ...account.settings },
    trials: 1,
    ttlMinutes: TTL_MINUTES,
  })
  const ports = world.startProcess()
  const outcome = await startRun({ config, runId, ports, observe, interrupt: interrupt.signal }).finally(land)
  await Promise.all(side)
  await agent?.stop()
  return { outcome, alarms, runId }
}

/** Acts for the instance: moto boots nothing. */
async function bootAgent(runId: string): Promise<TinyAgent> {
  const request = { Name: parameterName(runId, 'onboarding-token'), WithDecryption: true }
  const { Parameter } = await ssm.send(new GetParameterCommand(request))
  const { items } = await world.client.call('listClusters', { query: { status: 'pending' } })
  const clusterId = items[0]?.cluster_id ?? ''
  return startTinyAgent({ apiBase: server.url, clusterId }, Parameter?.Value ?? '')
}

function cleanUp(runId: string, dataDir = world.directory): Promise<RunOutcome> {
  const adoptAs = world.config({ provider: 'ec2', machine: { ...account.settings }, dataDir })
  const interrupt = new AbortController().signal
  return cleanUpRun({ runId, dataDir, ports: world.startProcess(), observe: () => {}, interrupt, adoptAs })
}

async function writeCredentials(accessKeyId: string): Promise<void> {
  const lines = ['[default]', `aws_access_key_id = ${accessKeyId}`, 'aws_secret_access_key = example', '']
  await writeFile(credentials, lines.join('\n'))
}

/** EC2 accepts the request and never finishes it. */
function shuttingDown(machineId: string): string {
  const state = '<currentState><code>32</code><name>shutting-down</name></currentState>'
  const item = `<item><instanceId>${machineId}</instanceId>${state}</item>`
  return `<TerminateInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><instancesSet>${item}</instancesSet></TerminateInstancesResponse>`
}

/** Instances that are not terminated. */
async function listInstances(runId: string): Promise<Instance[]> {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters: ofRun(runId) }))
  return Reservations.flatMap(({ Instances = [] }) => Instances).filter(({ State }) => State?.Name !== 'terminated')
}

async function listWhatCosts(runId: string): Promise<string[]> {
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ Filters: ofRun(runId) }))
  const instanceIds = (await listInstances(runId)).map(({ InstanceId = '' }) => InstanceId)
  return [...instanceIds, ...Volumes.map(({ VolumeId = '' }) => VolumeId)]
}

const ofRun = (runId: string) => [{ Name: `tag:${TAG.runId}`, Values: [runId] }]

async function expectNothingLeft(runId: string): Promise<void> {
  expect(await listWhatCosts(runId)).toEqual([])
  expect((await ssm.send(new DescribeParametersCommand({}))).Parameters).toEqual([])
  await world.expectNothingLeft()
}
