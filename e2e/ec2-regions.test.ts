/** Provider ec2 with two regions and the real AWS SDK against moto: where resources are, and what cannot be known. */
import {
  CreateVolumeCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { GetParameterCommand, ListTagsForResourceCommand } from '@aws-sdk/client-ssm'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { newId } from '../src/core/ids.ts'
import type { AwsClients } from '../src/providers/ec2/aws-clients.ts'
import { createEc2RegionsProvider } from '../src/providers/ec2/ec2-regions.ts'
import { type Ec2Settings, parseEc2Settings } from '../src/providers/ec2/settings.ts'
import { describeProvider } from '../src/providers/provider.testsuite.ts'
import type { LaunchRequest, Machine, Placement, Provider } from '../src/providers/provider.ts'
import { type AwsAccount, prepareAccount, prepareRegion } from './support/aws-account.ts'
import { type Fault, type FaultProxy, startFaultProxy } from './support/fault-proxy.ts'
import { describeWithMoto, MOTO_REGION, type Moto, startMoto } from './support/moto.ts'

const FALLBACK_REGION = 'us-east-1'
const CAPACITY = { status: 500, code: 'InsufficientInstanceCapacity', message: 'We do not have sufficient capacity' }
const DENIED = { status: 403, code: 'UnauthorizedOperation', message: 'You are not authorized' }

describeWithMoto('with an AWS account in two regions', () => {
  let moto: Moto
  let proxy: FaultProxy
  let first: AwsAccount
  let second: AwsAccount
  let settings: Ec2Settings

  beforeAll(async () => {
    moto = await startMoto()
    proxy = await startFaultProxy(moto.url)
    for (const [name, value] of Object.entries({ ...moto.env, AWS_ENDPOINT_URL: proxy.url })) vi.stubEnv(name, value)
    first = await prepareAccount()
    second = await prepareRegion(FALLBACK_REGION)
    // moto has subnets and a security group, but no Deep Learning AMI.
    const fallback = { region: FALLBACK_REGION, amiId: second.settings.amiId }
    settings = parseEc2Settings({ ...first.settings, fallbackRegions: [fallback] })
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await proxy.close()
    await moto.stop()
  })
  afterEach(() => proxy.clear())

  /** As in another process, which has seen nothing yet. */
  const create = () => createEc2RegionsProvider(settings)
  const clientsOf = (region: string | null): AwsClients => (region === MOTO_REGION ? first : second).clients
  const { signal } = new AbortController()
  const inFallback = (action: string, code = DENIED): Fault => ({
    action,
    region: FALLBACK_REGION,
    does: { answerWith: code },
  })

  async function readSecretIn(region: string, reference: string): Promise<string | undefined> {
    const request = new GetParameterCommand({ Name: reference, WithDecryption: true })
    return clientsOf(region)
      .ssm.send(request)
      .then(
        ({ Parameter }) => Parameter?.Value,
        () => undefined,
      )
  }

  async function requestIn(region: string): Promise<LaunchRequest> {
    const provider = create()
    const placement = (await provider.listPlacements(signal)).find((each) => each.region === region) as Placement
    const runId = newId('run')
    return {
      placement,
      runId,
      clientToken: newId('m'),
      clusterId: newId('cl'),
      clusterName: 'ci-gpu-bench',
      apiBase: 'https://radix.example.com',
      onboardingTokenReference: await provider.storeSecret(runId, 'onboarding-token', 'a secret'),
      deadlineAt: new Date('2099-01-01T00:00:00Z'),
    }
  }
  const launchIn = async (region: string) => create().launch(await requestIn(region), signal)

  const regions: [string, (provider: Provider) => Provider][] = [
    ['the first of two regions', (provider) => provider],
    ['the fallback region', launchingLast],
  ]
  for (const [name, prefer] of regions) {
    describeProvider(`ec2, in ${name}`, async () => ({
      provider: prefer(create()),
      createAnother: () => prefer(create()),
      endByItself: async ({ machineId, region }: Machine) => {
        await clientsOf(region).ec2.send(new TerminateInstancesCommand({ InstanceIds: [machineId] }))
      },
      breakLaunch: () => {
        const refused = { status: 400, code: 'InvalidParameterValue', message: 'because' }
        proxy.add({ action: 'RunInstances', does: { answerWith: refused } })
      },
      readSecret: async (reference) => {
        const [here, there] = await Promise.all([MOTO_REGION, FALLBACK_REGION].map((r) => readSecretIn(r, reference)))
        expect(here).toBe(there)
        return here
      },
      close: async () => {},
    }))
  }

  it('tries region after region, in every zone of each', async () => {
    const placements = await create().listPlacements(signal)
    const alone = (regional: Ec2Settings) => createEc2RegionsProvider(regional).listPlacements(signal)
    const expected = [await alone(first.settings), await alone(second.settings)]
    expect(expected.map(({ length }) => length > 1)).toEqual([true, true])
    expect(placements).toEqual(expected.flat())
  })

  it('reports that one region has no capacity, and launches in the next with its own subnet and group', async () => {
    proxy.add({ action: 'RunInstances', region: MOTO_REGION, does: { answerWith: CAPACITY } })
    await expect(launchIn(MOTO_REGION)).rejects.toMatchObject({ code: 'LAUNCH_CAPACITY' })
    const request = await requestIn(FALLBACK_REGION)
    const { machineId, region, zone, imageId } = await create().launch(request, signal)
    expect({ region, zone, imageId }).toEqual({ ...pick(request.placement), imageId: second.settings.amiId })
    const { ec2 } = second.clients
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [machineId] }))
    const instance = Reservations?.[0]?.Instances?.[0]
    expect(second.settings.subnetIds).toContain(instance?.SubnetId)
    const groups = instance?.NetworkInterfaces?.flatMap(({ Groups = [] }) => Groups).map(({ GroupId }) => GroupId)
    expect(groups).toEqual([second.settings.securityGroupId])
    const { UserData } = await ec2.send(
      new DescribeInstanceAttributeCommand({ InstanceId: machineId, Attribute: 'userData' }),
    )
    const userData = Buffer.from(UserData?.Value ?? '', 'base64').toString()
    expect(userData).toContain(`region='${FALLBACK_REGION}'`)
  })

  it('lets the machine read its secret in its own region only', async () => {
    const request = await requestIn(FALLBACK_REGION)
    await create().launch(request, signal)
    const name = request.onboardingTokenReference
    const readerOf = async (region: string) => {
      const tags = new ListTagsForResourceCommand({ ResourceType: 'Parameter', ResourceId: name })
      const { TagList = [] } = await clientsOf(region).ssm.send(tags)
      return TagList.find(({ Key }) => Key === 'radix:instance-arn')?.Value
    }
    expect(await readSecretIn(FALLBACK_REGION, name)).toBe('a secret')
    expect(await readerOf(FALLBACK_REGION)).toMatch(/^arn:aws:ec2:us-east-1:\d+:instance\/i-/)
    expect(await readerOf(MOTO_REGION)).toBeUndefined()
  })

  it('deletes the secret in every region that answers, and names the one that did not', async () => {
    const request = await requestIn(FALLBACK_REGION)
    proxy.add({
      action: 'GetParametersByPath',
      region: MOTO_REGION,
      does: { answerWith: { ...DENIED, code: 'AccessDeniedException' } },
    })
    await expect(create().deleteSecrets(request.runId)).rejects.toMatchObject({
      code: 'AWS_ACCESS_DENIED',
      why: expect.stringContaining(`In ${MOTO_REGION}: `),
    })
    expect(await readSecretIn(FALLBACK_REGION, request.onboardingTokenReference)).toBeUndefined()
    expect(await readSecretIn(MOTO_REGION, request.onboardingTokenReference)).toBe('a secret')
  })

  describe('of a machine that another process launched', () => {
    it('finds its region, and ends it there', async () => {
      const { machineId } = await launchIn(FALLBACK_REGION)
      expect(await create().describe(machineId)).toMatchObject({
        outcome: 'found',
        value: { machineId, region: FALLBACK_REGION, state: 'running' },
      })
      await create().terminate(machineId)
      expect(await create().describe(machineId)).toMatchObject({
        value: { region: FALLBACK_REGION, state: 'terminated' },
      })
    })

    it('sees its remaining volume, which another region does not know', async () => {
      const request = { AvailabilityZone: second.zones[0], Size: 8 }
      const { VolumeId = '' } = await second.clients.ec2.send(new CreateVolumeCommand(request))
      expect(await create().describe(VolumeId)).toMatchObject({
        value: { region: FALLBACK_REGION, state: 'terminating' },
      })
      await create().terminate(VolumeId)
      expect(await create().describe(VolumeId)).toEqual({ outcome: 'absent' })
    })

    it('reads its log in any region', async () => {
      const { machineId } = await launchIn(FALLBACK_REGION)
      expect(await create().readLog(machineId)).not.toBe('')
    })

    it.each([
      ['refuses', DENIED, 'AWS_ACCESS_DENIED'],
      ['fails', { status: 500, code: 'InternalError', message: 'An internal error' }, 'AWS_CALL_FAILED'],
    ])('never counts it as terminated while its region %s', async (_, answerWith, code) => {
      const { machineId, runId } = await launchIn(FALLBACK_REGION)
      proxy.add(inFallback('DescribeInstances', answerWith))
      const error = { code, why: expect.stringContaining(`In ${FALLBACK_REGION}: `) }
      expect(await create().describe(machineId)).toMatchObject({ outcome: 'unknown', cause: error })
      await expect(create().findByRun(runId)).rejects.toMatchObject({ ...error, machines: [] })
      proxy.clear()
      expect(await create().findByRun(runId)).toMatchObject([{ machineId }])
    })

    it('sees and ends it in a region that answers when another does not', async () => {
      const { machineId, runId } = await launchIn(MOTO_REGION)
      proxy.add(inFallback('DescribeInstances'))
      const another = create()
      await expect(another.findByRun(runId)).rejects.toMatchObject({ machines: [{ machineId }] })
      expect(await another.describe(machineId)).toMatchObject({ value: { region: MOTO_REGION } })
      await another.terminate(machineId)
      expect(await another.describe(machineId)).toMatchObject({ value: { state: 'terminated' } })
      await expect(another.findByRun(runId)).rejects.toMatchObject({ machines: [] })
    })

    it('does not claim a termination request when a region did not answer', async () => {
      const { machineId } = await launchIn(FALLBACK_REGION)
      proxy.add(inFallback('TerminateInstances'))
      await expect(create().terminate(machineId)).rejects.toMatchObject({ code: 'AWS_ACCESS_DENIED' })
    })
  })

  it('is checked in each region before the launch: common findings appear once, others name their region', async () => {
    const unknown = { region: FALLBACK_REGION, amiId: 'ami-00000000000000000' }
    const findings = await createEc2RegionsProvider({
      ...settings,
      fallbackRegions: [{ ...unknown, subnetIds: [] }],
    }).preflight(
      { runId: newId('run'), apiBase: proxy.url, deadlineAt: new Date(Date.now() + 60_000), needsGpu: true },
      signal,
    )
    expect(findings.map(({ code, message }) => [code, message])).toEqual([
      ['API_BASE_NOT_PUBLIC', expect.not.stringMatching(/^In /)],
      ['AWS_IMAGE_UNUSABLE', expect.stringMatching(/^In us-east-1: ami-0+ in us-east-1/)],
    ])
  })

  it('asks once for data that several checks use', async () => {
    await create().preflight(
      { runId: newId('run'), apiBase: proxy.url, deadlineAt: new Date(Date.now() + 60_000), needsGpu: true },
      signal,
    )
    const count = (action: string) => proxy.actions.filter((each) => each === action).length
    expect([count('DescribeSubnets'), count('DescribeSecurityGroups')]).toEqual([2, 2])
  })
})

function pick({ region, zone }: Placement) {
  return { region, zone }
}

/** Its last placement is tried first. */
function launchingLast(provider: Provider): Provider {
  return new Proxy(provider, {
    get(target, name) {
      if (name === 'listPlacements') {
        return async (signal: AbortSignal) => (await target.listPlacements(signal)).toReversed()
      }
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}
