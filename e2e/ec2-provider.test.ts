/** Provider ec2 with the real AWS SDK against moto, in success and in failure. */
import {
  AuthorizeSecurityGroupEgressCommand,
  CreateRouteTableCommand,
  CreateSubnetCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  RevokeSecurityGroupEgressCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { GetParameterCommand } from '@aws-sdk/client-ssm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ManualClock } from '../src/core/clock.ts'
import { newId } from '../src/core/ids.ts'
import { DEFAULT_REAP_POLICY, reap } from '../src/harness/reaper.ts'
import { createAwsClients } from '../src/providers/ec2/aws-clients.ts'
import { createEc2Provider } from '../src/providers/ec2/ec2-provider.ts'
import type { Ec2Settings } from '../src/providers/ec2/settings.ts'
import { createEc2Sweepers } from '../src/providers/ec2/sweeper.ts'
import { describeProvider } from '../src/providers/provider.testsuite.ts'
import type { LaunchRequest, Placement, PreflightRequest } from '../src/providers/provider.ts'
import { type AwsAccount, prepareAccount } from './support/aws-account.ts'
import { type FaultProxy, startFaultProxy } from './support/fault-proxy.ts'
import { describeWithMoto, MOTO_REGION, type Moto, startMoto } from './support/moto.ts'

describeWithMoto('with an AWS account', () => {
  let moto: Moto
  let proxy: FaultProxy
  let account: AwsAccount

  beforeAll(async () => {
    moto = await startMoto()
    proxy = await startFaultProxy(moto.url)
    for (const [name, value] of Object.entries({ ...moto.env, AWS_ENDPOINT_URL: proxy.url })) vi.stubEnv(name, value)
    account = await prepareAccount()
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await proxy.close()
    await moto.stop()
  })
  afterEach(() => proxy.clear())

  const provider = (changes: Partial<Ec2Settings> = {}) =>
    createEc2Provider({ settings: { ...account.settings, ...changes } })
  const { signal } = new AbortController()
  const zone = (index = 0) => account.zones[index] ?? ''

  function requestFor(changes: Partial<LaunchRequest> = {}): LaunchRequest {
    return {
      placement: { region: MOTO_REGION, zone: zone(), instanceType: 'g5.2xlarge', market: 'on-demand' },
      runId: newId('run'),
      clientToken: newId('m'),
      clusterId: newId('cl'),
      clusterName: 'ci-gpu-bench',
      apiBase: 'https://radix.example.com',
      onboardingTokenReference: '/radix/runs/run_1/onboarding-token',
      deadlineAt: new Date('2099-01-01T00:00:00Z'),
      ...changes,
    }
  }

  async function describeRaw(machineId: string) {
    const { Reservations } = await account.clients.ec2.send(new DescribeInstancesCommand({ InstanceIds: [machineId] }))
    return Reservations?.[0]?.Instances?.[0]
  }

  describeProvider('ec2', async () => {
    // One object, so that a change to it applies to every provider.
    const settings = { ...account.settings }
    const create = () => createEc2Provider({ settings })
    return {
      provider: create(),
      createAnother: create,
      endByItself: async ({ machineId }) => {
        await account.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [machineId] }))
      },
      breakLaunch: () => {
        settings.amiId = 'ami-00000000000000000'
      },
      blind: () => {
        const denied = { status: 403, code: 'UnauthorizedOperation', message: 'may not look' }
        proxy.add({ action: 'DescribeInstances', does: { answerWith: denied } })
      },
      readSecret: async (reference) => {
        const request = new GetParameterCommand({ Name: reference, WithDecryption: true })
        return account.clients.ssm.send(request).then(
          ({ Parameter }) => Parameter?.Value,
          () => undefined,
        )
      },
      close: async () => {},
    }
  })

  describe('a launched instance', () => {
    it('is tagged, closed to inbound traffic, ends by itself, and holds no secret', async () => {
      const request = requestFor()
      const { machineId } = await provider().launch(request, signal)
      const instance = await describeRaw(machineId)
      const tags = Object.fromEntries((instance?.Tags ?? []).map(({ Key, Value }) => [Key, Value]))
      expect(tags).toMatchObject({
        ManagedBy: 'radix',
        'radix:run-id': request.runId,
        'radix:cluster': 'ci-gpu-bench',
        'radix:deadline': '2099-01-01T00:00:00.000Z',
        Name: expect.stringContaining(request.runId),
      })
      expect(instance?.MetadataOptions).toMatchObject({ HttpTokens: 'required', HttpPutResponseHopLimit: 1 })
      const attribute = (Attribute: 'userData' | 'instanceInitiatedShutdownBehavior') =>
        account.clients.ec2.send(new DescribeInstanceAttributeCommand({ InstanceId: machineId, Attribute }))
      expect((await attribute('instanceInitiatedShutdownBehavior')).InstanceInitiatedShutdownBehavior?.Value).toBe(
        'terminate',
      )
      const userData = Buffer.from((await attribute('userData')).UserData?.Value ?? '', 'base64').toString()
      expect(userData).toContain('/radix/runs/run_1/onboarding-token')
      expect(userData).not.toMatch(/radix_ot_|set -x/)
      expect(instance?.BlockDeviceMappings?.[0]?.Ebs?.DeleteOnTermination).toBe(true)
      const tagged = [{ Name: 'tag:radix:run-id', Values: [request.runId] }]
      const { Volumes = [] } = await account.clients.ec2.send(new DescribeVolumesCommand({ Filters: tagged }))
      expect(Volumes).toHaveLength(1)
    })

    it('is launched once when the answer of the launch was lost', async () => {
      proxy.add({ action: 'RunInstances', times: 1, does: 'lose-answer' })
      const request = requestFor()
      const machine = await provider().launch(request, signal)
      expect(proxy.actions.filter((action) => action === 'RunInstances')).toHaveLength(2)
      expect((await provider().findByRun(request.runId)).map(({ machineId }) => machineId)).toEqual([machine.machineId])
    })

    it('may exist when no answer ever came, and the error says so', async () => {
      proxy.add({ action: 'RunInstances', does: 'fail' })
      await expect(provider().launch(requestFor(), signal)).rejects.toMatchObject({ code: 'LAUNCH_UNANSWERED' })
    })

    it('is launched despite throttling', async () => {
      const throttled = { answerWith: { status: 503, code: 'RequestLimitExceeded', message: 'slow down' } }
      proxy.add({ action: 'RunInstances', times: 2, does: throttled })
      expect(await provider().launch(requestFor(), signal)).toMatchObject({ runId: expect.any(String) })
    })

    it.each([
      ['InsufficientInstanceCapacity', 500, 'LAUNCH_CAPACITY'],
      ['Unsupported', 400, 'LAUNCH_CAPACITY'],
      ['VcpuLimitExceeded', 400, 'AWS_QUOTA_EXCEEDED'],
      ['UnauthorizedOperation', 403, 'AWS_ACCESS_DENIED'],
      ['AuthFailure', 401, 'AWS_CREDENTIALS_INVALID'],
      ['RequestExpired', 400, 'AWS_CREDENTIALS_INVALID'],
      ['InvalidParameterValue', 400, 'LAUNCH_FAILED'],
    ])('does not exist when EC2 answers %s with status %i: %s', async (code, status, expected) => {
      proxy.add({ action: 'RunInstances', does: { answerWith: { status, code, message: 'because' } } })
      const request = requestFor()
      const error = await provider()
        .launch(request, signal)
        .catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: expected, why: expect.stringContaining(code) })
      expect(await provider().findByRun(request.runId)).toEqual([])
    })
  })

  describe('the placements', () => {
    it('cover every zone in the order of the subnets, spot before on-demand', async () => {
      const placements = await provider({
        spot: true,
        subnetIds: account.settings.subnetIds.slice(0, 2),
      }).listPlacements(signal)
      const words = placements.map(({ market, zone: where }: Placement) => `${market} ${where}`)
      expect(words).toEqual([`spot ${zone(0)}`, `spot ${zone(1)}`, `on-demand ${zone(0)}`, `on-demand ${zone(1)}`])
    })

    it('have a price, from the table where AWS gives none', async () => {
      const quote = await provider().quote(
        { region: MOTO_REGION, zone: null, instanceType: 'g5.2xlarge', market: 'on-demand' },
        signal,
      )
      expect(quote).toMatchObject({ pricePerHourUsd: 1.212, source: expect.stringContaining('2024') })
      expect(
        await provider().quote(
          { region: MOTO_REGION, zone: null, instanceType: 'x9.huge', market: 'on-demand' },
          signal,
        ),
      ).toBeNull()
    })
  })

  describe('the preflight', () => {
    const request = (): PreflightRequest => ({
      runId: newId('run'),
      apiBase: moto.url.replace('127.0.0.1', 'localhost'),
      deadlineAt: new Date(Date.now() + 45 * 60_000),
      needsGpu: true,
    })
    const codes = async (changes: Partial<Ec2Settings> = {}, asked = request()) =>
      (await provider(changes).preflight(asked, signal)).map(({ code }) => code)

    it('finds only a control plane that is not reachable from outside', async () => {
      expect(await codes()).toEqual(['API_BASE_NOT_PUBLIC'])
    })

    it('finds all errors at once, each with its fix', async () => {
      const changes = { amiId: 'ami-00000000000000000', instanceProfileName: 'nobody', maxCostUsd: 0.01 }
      const findings = await provider(changes).preflight(request(), signal)
      expect(new Set(findings.map(({ code }) => code))).toEqual(
        new Set(['AWS_IMAGE_UNUSABLE', 'AWS_PROFILE_UNUSABLE', 'COST_LIMIT', 'API_BASE_NOT_PUBLIC']),
      )
      for (const { fix } of findings) expect(fix).not.toMatch(/^$|\{[a-z_]+\}/)
    })

    it('finds a subnet without internet access', async () => {
      const { ec2 } = account.clients
      const main = (await describeSubnet()).VpcId
      const { Subnet } = await ec2.send(
        new CreateSubnetCommand({ VpcId: main, CidrBlock: '172.31.96.0/20', AvailabilityZone: zone() }),
      )
      const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId: main }))
      const { AssociateRouteTableCommand } = await import('@aws-sdk/client-ec2')
      await ec2.send(
        new AssociateRouteTableCommand({ SubnetId: Subnet?.SubnetId, RouteTableId: RouteTable?.RouteTableId }),
      )
      expect(await codes({ subnetIds: [Subnet?.SubnetId ?? ''] })).toContain('AWS_NETWORK_UNUSABLE')
    })

    it('finds a security group that blocks outbound 443', async () => {
      const { ec2 } = account.clients
      const GroupId = account.settings.securityGroupId
      const everything = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }]
      await ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: everything }))
      expect(await codes()).toContain('AWS_NETWORK_UNUSABLE')
      const https = [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }]
      await ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: https }))
      expect(await codes()).not.toContain('AWS_NETWORK_UNUSABLE')
      await ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: everything }))
    })

    it('reports refused credentials, and makes no other call', async () => {
      proxy.add({
        action: 'GetCallerIdentity',
        does: { answerWith: { status: 403, code: 'ExpiredToken', message: 'expired' } },
      })
      expect(await codes()).toEqual(['AWS_CREDENTIALS_INVALID', 'API_BASE_NOT_PUBLIC'])
      expect(proxy.actions).not.toContain('RunInstances')
    })

    it('names the permission that the role lacks', async () => {
      const denied = {
        status: 403,
        code: 'UnauthorizedOperation',
        message: 'not authorized to perform: ec2:RunInstances',
      }
      proxy.add({ action: 'RunInstances', does: { answerWith: denied } })
      const findings = await provider().preflight(request(), signal)
      expect(findings).toContainEqual(
        expect.objectContaining({ code: 'AWS_ACCESS_DENIED', message: expect.stringContaining('ec2:RunInstances') }),
      )
    })

    async function describeSubnet() {
      const { DescribeSubnetsCommand } = await import('@aws-sdk/client-ec2')
      const { Subnets = [] } = await account.clients.ec2.send(
        new DescribeSubnetsCommand({ SubnetIds: account.settings.subnetIds.slice(0, 1) }),
      )
      return Subnets[0] ?? {}
    }
  })

  describe('the reaper', () => {
    const clock = new ManualClock('2099-01-02T00:00:00Z')
    const policy = { ...DEFAULT_REAP_POLICY, dryRun: false }
    // It also sees what earlier tests left.
    beforeEach(async () => {
      await moto.reset()
      account = await prepareAccount()
    })
    const sweep = (dryRun = false) =>
      reap([...createEc2Sweepers(createAwsClients(MOTO_REGION))], { ...policy, dryRun }, clock)

    it('ends instances and secrets past their deadline, and nothing else', async () => {
      const due = await provider().launch(requestFor(), signal)
      const live = await provider().launch(requestFor({ deadlineAt: new Date('2099-01-02T01:00:00Z') }), signal)
      const { RunInstancesCommand } = await import('@aws-sdk/client-ec2')
      const { Instances = [] } = await account.clients.ec2.send(
        new RunInstancesCommand({
          ImageId: account.settings.amiId,
          MinCount: 1,
          MaxCount: 1,
          TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'ManagedBy', Value: 'radix' }] }],
        }),
      )
      expect((await sweep(true)).things.map(({ outcome }) => outcome).sort()).toEqual(['kept', 'would be removed'])
      expect((await describeRaw(due.machineId))?.State?.Name).toBe('running')
      expect((await sweep()).success).toBe(true)
      expect((await describeRaw(due.machineId))?.State?.Name).toBe('terminated')
      expect((await describeRaw(live.machineId))?.State?.Name).toBe('running')
      expect((await describeRaw(Instances[0]?.InstanceId ?? ''))?.State?.Name).toBe('running')
    })

    it('does not report a denied sweep as a success', async () => {
      proxy.add({
        action: 'DescribeInstances',
        does: { answerWith: { status: 403, code: 'UnauthorizedOperation', message: 'no' } },
      })
      const report = await sweep()
      expect(report.success).toBe(false)
      expect(report.unseen).toEqual([
        {
          name: `ec2 ${MOTO_REGION} instances`,
          code: 'AWS_ACCESS_DENIED',
          error: expect.stringContaining('UnauthorizedOperation'),
        },
      ])
    })
  })
})
