/**
 * Everything that terminates an EC2 machine, one by one: each test disables all the others. Real programs
 * and the real AWS SDK; AWS is moto, whose instances boot only where a test says so.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateVolumeCommand, DescribeInstancesCommand, DescribeVolumesCommand } from '@aws-sdk/client-ec2'
import { DescribeParametersCommand } from '@aws-sdk/client-ssm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { newId } from '../src/core/ids.ts'
import { createEc2Provider } from '../src/providers/ec2/ec2-provider.ts'
import { MANAGED_BY, TAG } from '../src/providers/ec2/names.ts'
import { buildTags } from '../src/providers/ec2/run-instances.ts'
import type { LaunchRequest, Machine } from '../src/providers/provider.ts'
import { type AwsAccount, prepareAccount } from './support/aws-account.ts'
import { type ControlPlane, startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { explainMissingEngine, startEngine } from './support/docker-engine.ts'
import { importAgentImage, importImage } from './support/docker-images.ts'
import { type FaultProxy, startFaultProxy } from './support/fault-proxy.ts'
import { canBootInstances, type Hypervisor, type HypervisorOptions, startHypervisor } from './support/hypervisor.ts'
import { renderMachineWorkload } from './support/machine-workload.ts'
import { describeWithMoto, MOTO_REGION, type Moto, startMoto } from './support/moto.ts'
import { ownAddress } from './support/own-address.ts'
import { type Running, Sandbox } from './support/sandbox.ts'

const AGENT_IMAGE = 'radix-test-agent:killers'
/** Its agent ignores every signal, for ever. */
const DEAF_IMAGE = 'radix-test-deaf:killers'
const NOWHERE = 'http://127.0.0.1:9'
const FAR_AHEAD = new Date('2099-01-01T00:00:00Z')
const PATIENCE = { timeout: 60_000, interval: 100 }

const obstacle = explainMissingEngine() ?? (canBootInstances() ? undefined : 'namespaces cannot be made here')
if (obstacle && process.env.CI) throw new Error(`CI must be able to boot instances: ${obstacle}`)
if (obstacle) process.stderr.write(`\n*** SKIPPED: what a machine does to itself, for ${obstacle}. ***\n\n`)

describeWithMoto('each killer alone', () => {
  let moto: Moto
  let proxy: FaultProxy
  let account: AwsAccount
  let sandbox: Sandbox
  let env: Record<string, string>

  beforeAll(async () => {
    moto = await startMoto()
    proxy = await startFaultProxy(moto.url)
    env = { ...moto.env, AWS_ENDPOINT_URL: proxy.url }
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    account = await prepareAccount()
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await proxy.close()
    await moto.stop()
  })
  beforeEach(async () => {
    sandbox = await Sandbox.createUsed()
  })
  afterEach(() => sandbox.remove())

  async function readState(machineId: string): Promise<string | undefined> {
    const request = new DescribeInstancesCommand({ InstanceIds: [machineId] })
    const { Reservations = [] } = await account.clients.ec2.send(request)
    return Reservations[0]?.Instances?.[0]?.State?.Name
  }

  async function expectGone(runId: string): Promise<void> {
    const { ec2, ssm } = account.clients
    const Filters = [{ Name: `tag:${TAG.runId}`, Values: [runId] }]
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }))
    const states = Reservations.flatMap(({ Instances = [] }) => Instances).map(({ State }) => State?.Name)
    expect(states).toEqual(['terminated'])
    expect((await ec2.send(new DescribeVolumesCommand({ Filters }))).Volumes).toEqual([])
    const { Parameters = [] } = await ssm.send(new DescribeParametersCommand({}))
    expect(Parameters.filter(({ Name }) => Name?.includes(runId))).toEqual([])
  }

  /** A machine and its secret, without a harness. */
  async function launchAlone(changes: Partial<LaunchRequest>, token = 'spent', agentImage = AGENT_IMAGE) {
    const provider = createEc2Provider({ settings: { ...account.settings, agentImage } })
    const request = requestFor(changes)
    const onboardingTokenReference = await provider.storeSecret(request.runId, 'onboarding-token', token)
    const machine = await provider.launch({ ...request, onboardingTokenReference }, new AbortController().signal)
    return { runId: request.runId, machine }
  }

  function requestFor(changes: Partial<LaunchRequest>): LaunchRequest {
    const [zone = ''] = account.zones
    return {
      placement: { region: MOTO_REGION, zone, instanceType: 'g5.2xlarge', market: 'on-demand' },
      runId: newId('run'),
      clientToken: newId('m'),
      clusterId: newId('cl'),
      clusterName: 'ci-gpu-bench',
      apiBase: NOWHERE,
      onboardingTokenReference: '',
      deadlineAt: FAR_AHEAD,
      ...changes,
    }
  }

  describe('of the harness, with instances that never boot', () => {
    let controlPlane: ControlPlane
    beforeEach(async () => {
      controlPlane = await startControlPlane(sandbox, 0, ['--host', ownAddress()])
    })
    afterEach(() => stopControlPlane(controlPlane))

    async function startRun(): Promise<{ running: Running; runId: string; access: Record<string, string> }> {
      const access = { ...env, RADIX_TOKEN: await sandbox.mintToken() }
      const { amiId = '', securityGroupId = '', subnetIds } = account.settings
      const argv = ['bench', 'run', '--provider', 'ec2', '--api-base', controlPlane.url, '--json']
      const where = ['--ami-id', amiId, '--security-group-id', securityGroupId, '--subnet-id', subnetIds[0] ?? '']
      const running = sandbox.radix([...argv, ...where, '--ttl-minutes', '600'], access)
      await running.waitFor(/await-cluster: started/)
      return { running, runId: /run_[0-9a-z]{26}/.exec(running.output())?.[0] ?? '', access }
    }

    it('1: the engine unwinds', async () => {
      const { running, runId } = await startRun()
      running.kill('SIGTERM')
      const { exitCode, stdout, stderr } = await running.finished
      expect(exitCode, stderr).toBe(130)
      expect(JSON.parse(stdout)).toMatchObject({ status: 'cancelled', termination: { confirmed: true }, pending: [] })
      await expectGone(runId)
    })

    it.each([
      ['with its journal', false],
      ['with only its id, from anywhere', true],
    ])('2: `radix bench cleanup` cleans up a run that was killed, %s', async (_, isElsewhere) => {
      const { running, runId, access } = await startRun()
      running.kill('SIGKILL')
      await running.finished
      const there = isElsewhere ? ['--provider', 'ec2', '--api-base', controlPlane.url] : []
      const dataDir = isElsewhere ? join(sandbox.directory, 'elsewhere') : sandbox.dataDir
      const argv = ['bench', 'cleanup', runId, '--json', ...there]
      const { exitCode, stdout, stderr } = await sandbox.run(argv, { ...access, RADIX_DATA_DIR: dataDir })
      expect(exitCode, stderr).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ termination: { confirmed: true }, pending: [] })
      await expectGone(runId)
    })
  })

  describe.skipIf(obstacle !== undefined)('of the machine itself, without a harness', () => {
    let dockerData: string
    let hypervisor: Hypervisor

    beforeAll(async () => {
      dockerData = await mkdtemp(join(tmpdir(), 'radix-docker-data-'))
      const engine = await startEngine(dockerData)
      await importAgentImage(engine, AGENT_IMAGE)
      await importImage(engine, DEAF_IMAGE, { 'bin/agent': '#!/bin/sh\ntrap "" TERM INT\nwhile :; do sleep 1; done\n' })
      await engine.stop()
    })
    afterAll(() => rm(dockerData, { recursive: true, force: true }))
    afterEach(() => hypervisor.close())

    function bootInstances(changes: Partial<HypervisorOptions>): void {
      hypervisor = startHypervisor({
        ec2: account.clients.ec2,
        directory: join(sandbox.directory, 'instances'),
        env: { ...env, E2E_SANDBOX: sandbox.directory },
        dockerData,
        opt: { 'pytorch/bin/python3': renderMachineWorkload() },
        ...changes,
      })
    }

    const waitForConsole = ({ machineId }: Machine, text: string) =>
      vi.waitFor(async () => expect(await hypervisor.readConsole(machineId)).toContain(text), PATIENCE)
    const waitForEnd = ({ machineId }: Machine) =>
      vi.waitFor(async () => expect(await readState(machineId)).toBe('terminated'), PATIENCE)
    const waitLess = (userData: string) => {
      const shorter = userData.replace(
        'RADIX_AGENT_UNREACHABLE_EXIT_SECONDS=600',
        'RADIX_AGENT_UNREACHABLE_EXIT_SECONDS=2',
      )
      expect(shorter).not.toBe(userData)
      return shorter
    }

    it('3: its timer powers it off when its agent ignores signals', async () => {
      bootInstances({})
      const { machine } = await launchAlone({ deadlineAt: new Date(Date.now() + 10_000) }, 'spent', DEAF_IMAGE)
      await waitForConsole(machine, '"agent-started"')
      expect(await readState(machine.machineId)).toBe('running')
      await waitForEnd(machine)
      expect(await hypervisor.readConsole(machine.machineId)).not.toMatch(/"phase":"(ended|failed)"/)
    })

    it('4: its agent gives up on a control plane that went away, and the machine powers off', async () => {
      bootInstances({ timersFail: true, editUserData: waitLess })
      const controlPlane = await startControlPlane(sandbox)
      const { cluster_id: clusterId } = await controlPlane.client.call('createCluster', {
        body: { name: 'e2e', type: 'docker_host' },
      })
      const params = { cluster_id: clusterId }
      const { one_time_token } = await controlPlane.client.call('createOnboardingToken', { params })
      const { machine } = await launchAlone({ clusterId, apiBase: controlPlane.url }, one_time_token)
      const readStatus = async () => (await controlPlane.client.call('getCluster', { params })).status
      await expect.poll(readStatus, PATIENCE).toBe('active')
      controlPlane.server.kill('SIGKILL')
      await controlPlane.server.finished
      expect(await readState(machine.machineId)).toBe('running')
      await waitForEnd(machine)
      expect(await hypervisor.readConsole(machine.machineId)).toContain('the agent ended with exit code 0')
    })

    it('4: its agent gives up on a control plane that was never up', async () => {
      bootInstances({ timersFail: true, editUserData: waitLess })
      const { machine } = await launchAlone({})
      await waitForConsole(machine, '"agent-started"')
      await waitForEnd(machine)
      expect(await hypervisor.readConsole(machine.machineId)).toMatch(/the agent ended with exit code [1-9]/)
    })
  })

  describe('of the account, with no journal, no control plane and instances that never boot', () => {
    it('5: `radix reap --apply` ends instance, secret and volume, by their tags', async () => {
      const { runId, machine } = await launchAlone({ deadlineAt: new Date(Date.now() - 60_000) })
      const { machine: live } = await launchAlone({})
      const request = requestFor({ runId, deadlineAt: new Date(Date.now() - 60_000) })
      await account.clients.ec2.send(
        new CreateVolumeCommand({
          AvailabilityZone: account.zones[0],
          Size: 1,
          TagSpecifications: [{ ResourceType: 'volume', Tags: buildTags(request, { managedBy: MANAGED_BY }) }],
        }),
      )
      const reap = ['reap', '--aws-region', MOTO_REGION, '--min-age-minutes', '0.0001', '--grace-minutes', '0.1']
      await sandbox.output(reap, env)
      expect(await readState(machine.machineId)).toBe('running')
      // Secrets carry no deadline: the reaper goes by their age.
      await sandbox.output([...reap, '--apply', '--max-age-hours', '0.0000001'], env)
      await expectGone(runId)
      expect(await readState(live.machineId)).toBe('running')
    })

    it('5: `radix reap --report-as` reports running machines and its last success to a control plane', async () => {
      const controlPlane = await startControlPlane(sandbox)
      const { machine } = await launchAlone({})
      const reap = ['reap', '--aws-region', MOTO_REGION, '--report-as', 'ops', '--api-base', controlPlane.url]
      const readReaper = async () => (await controlPlane.client.call('listReapers', {})).items[0]
      await sandbox.output(reap, env)
      const looked = await readReaper()
      expect(looked).toMatchObject({ name: 'ops', dry_run: true, last_success_at: null })
      expect(looked?.things).toContainEqual(expect.objectContaining({ id: machine.machineId, outcome: 'kept' }))
      expect(looked?.interval_seconds).toBeNull()
      await sandbox.output([...reap, '--apply', '--interval-minutes', '60'], env)
      const swept = await readReaper()
      expect(swept?.last_success_at).not.toBeNull()
      expect(swept?.interval_seconds).toBe(3600)
      await stopControlPlane(controlPlane)
    })
  })
})
