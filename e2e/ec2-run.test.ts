/**
 * `radix bench run --provider ec2`, whole: the real program, the real AWS SDK, a real control plane, a real Docker engine
 * and a real agent. AWS is moto. A hypervisor of the tests boots its instances and runs their user data.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DescribeInstancesCommand, DescribeVolumesCommand } from '@aws-sdk/client-ec2'
import { DescribeParametersCommand } from '@aws-sdk/client-ssm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { Evidence } from '../src/contract/schemas/evidence.ts'
import { parseBootPhases } from '../src/providers/ec2/diagnostics.ts'
import { type AwsAccount, prepareAccount, prepareRegion } from './support/aws-account.ts'
import { type ControlPlane, startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { explainMissingEngine, startEngine } from './support/docker-engine.ts'
import { importAgentImage, importImage } from './support/docker-images.ts'
import { type FaultProxy, startFaultProxy } from './support/fault-proxy.ts'
import { canBootInstances, type Hypervisor, startHypervisor } from './support/hypervisor.ts'
import { renderMachineWorkload } from './support/machine-workload.ts'
import { describeWithMoto, MOTO_REGION, type Moto, startMoto } from './support/moto.ts'
import { ownAddress } from './support/own-address.ts'
import { type Running, Sandbox } from './support/sandbox.ts'

const AGENT_IMAGE = 'radix-test-agent:e2e'
const WORKLOAD_IMAGE = 'radix-test-resnet50:e2e'

const obstacle = explainMissingEngine() ?? (canBootInstances() ? undefined : 'namespaces cannot be made here')
if (obstacle && process.env.CI) throw new Error(`CI must be able to boot instances: ${obstacle}`)
if (obstacle) process.stderr.write(`\n*** SKIPPED: runs on EC2 with machines that boot, for ${obstacle}. ***\n\n`)

describeWithMoto('a run on EC2', () => {
  describe.skipIf(obstacle !== undefined)('with machines that boot', tests)
})

function tests(): void {
  let moto: Moto
  let proxy: FaultProxy
  let account: AwsAccount
  let sandbox: Sandbox
  let controlPlane: ControlPlane
  let hypervisor: Hypervisor
  let dockerData: string
  let env: Record<string, string>

  beforeAll(async () => {
    moto = await startMoto()
    proxy = await startFaultProxy(moto.url)
    env = { ...moto.env, AWS_ENDPOINT_URL: proxy.url }
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    dockerData = await mkdtemp(join(tmpdir(), 'radix-docker-data-'))
    const engine = await startEngine(dockerData)
    await importAgentImage(engine, AGENT_IMAGE)
    await importImage(engine, WORKLOAD_IMAGE, { 'bin/python3': renderMachineWorkload() })
    await engine.stop()
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await proxy.close()
    await moto.stop()
    await rm(dockerData, { recursive: true, force: true })
  })

  beforeEach(async () => {
    await moto.reset()
    account = await prepareAccount()
    sandbox = await Sandbox.createUsed()
    controlPlane = await startControlPlane(sandbox, 0, ['--host', ownAddress()])
    hypervisor = bootInstances()
    proxy.answer('GetConsoleOutput', async (form) => {
      const console = await hypervisor.readConsole(form.get('InstanceId') ?? '')
      const output = Buffer.from(console).toString('base64')
      return `<GetConsoleOutputResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><output>${output}</output></GetConsoleOutputResponse>`
    })
  })
  afterEach(async () => {
    proxy.clear()
    // Each is closed even if an earlier one failed.
    try {
      await hypervisor.close()
      await stopControlPlane(controlPlane)
    } finally {
      await sandbox.remove()
    }
  })

  function bootInstances({ clients } = account): Hypervisor {
    return startHypervisor({
      ec2: clients.ec2,
      directory: join(sandbox.directory, 'instances'),
      env: { ...env, E2E_SANDBOX: sandbox.directory },
      dockerData,
      // As on a Deep Learning AMI:
      opt: { 'pytorch/bin/python3': renderMachineWorkload('/opt/released') },
    })
  }

  /** Lets the training on every machine finish, now and later. */
  const release = () => hypervisor.writeToOpt('released', '')

  const start = (...extra: string[]) => startRun(['--agent-image', AGENT_IMAGE, ...extra])

  async function startRun(extra: readonly string[]): Promise<Running> {
    const token = await sandbox.mintToken()
    const { settings } = account
    const argv = ['bench', 'run', '--provider', 'ec2', '--allow-cpu', '--api-base', controlPlane.url, '--json']
    const ec2 = ['--ami-id', settings.amiId ?? '', '--security-group-id', settings.securityGroupId ?? '']
    const where = ['--subnet-id', ...settings.subnetIds.slice(0, 2)]
    const variables = { ...env, BENCH_AGENT_IMAGE: undefined, RADIX_TOKEN: token }
    return sandbox.radix([...argv, ...ec2, ...where, '--ttl-minutes', '10', ...extra], variables)
  }

  /** The phases that the machine's bootstrap printed on its console, in order. */
  const readPhases = async (machineId: string) =>
    parseBootPhases(await hypervisor.readConsole(machineId)).map(({ phase }) => phase)

  async function expectNothingLeft({ clients } = account): Promise<void> {
    const { ec2, ssm } = clients
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}))
    const states = Reservations.flatMap(({ Instances = [] }) => Instances).map(({ State }) => State?.Name)
    expect(states.filter((state) => state !== 'terminated')).toEqual([])
    expect((await ec2.send(new DescribeVolumesCommand({}))).Volumes).toEqual([])
    expect((await ssm.send(new DescribeParametersCommand({}))).Parameters).toEqual([])
    await vi.waitFor(() => expect(hypervisor.running).toEqual([]), { timeout: 30_000, interval: 50 })
    const { items } = await controlPlane.client.call('listClusters', { query: { status: 'active' } })
    expect(items).toEqual([])
  }

  it('launches, boots, onboards, measures, terminates, proves the termination, and states the cost', async () => {
    release()
    const { exitCode, stdout, stderr } = await (await start()).finished
    expect(exitCode, stderr).toBe(0)
    const outcome = JSON.parse(stdout)
    expect(outcome).toMatchObject({
      status: 'succeeded',
      throughput: { value: 12.5, unit: 'images/s' },
      termination: { confirmed: true },
    })
    expect(outcome.termination.proof).toMatch(/EC2 says i-[0-9a-f]+ is terminated.*no volume is left/)
    expect(outcome.evidence_path).toContain('benchmark-evidence-g5.2xlarge-')
    const evidence = Evidence.parse(JSON.parse(await readFile(outcome.evidence_path, 'utf8')))
    expect(evidence.environment.machine).toMatchObject({ instance_type: 'g5.2xlarge', region: 'us-west-2' })
    expect(evidence.cost).toMatchObject({ price_per_hour_usd: 1.212, complete: true })
    expect(evidence.launch_attempts).toMatchObject([{ market: 'on-demand', outcome: 'launched' }])
    const phases = await readPhases(outcome.termination.machine_id)
    expect(phases.slice(0, 3)).toEqual(['armed', 'python-found', 'pulling'])
    expect(phases).toEqual(expect.arrayContaining(['secret-fetched', 'agent-image-ready']))
    const traces = stdout + stderr + (await readFile(outcome.evidence_path, 'utf8'))
    expect(traces).not.toMatch(/radix_(ot|ct|lt)_/)
    await expectNothingLeft()
  })

  it('gets the agent from the control plane where no image is named', async () => {
    release()
    const { exitCode, stdout, stderr } = await (await startRun([])).finished
    expect(exitCode, stderr).toBe(0)
    const outcome = JSON.parse(stdout)
    expect(outcome).toMatchObject({ status: 'succeeded', throughput: { value: 12.5, unit: 'images/s' } })
    const phases = await readPhases(outcome.termination.machine_id)
    expect(phases).toEqual(expect.arrayContaining(['armed', 'python-found', 'downloading', 'agent-installed']))
    expect(phases).not.toContain('pulling')
    await expectNothingLeft()
  })

  it('runs the agent and the training in containers when a workload image is given', async () => {
    const { exitCode, stdout, stderr } = await (await start('--workload-image', WORKLOAD_IMAGE)).finished
    expect(exitCode, stderr).toBe(0)
    const outcome = JSON.parse(stdout)
    expect(outcome).toMatchObject({ status: 'succeeded', throughput: { value: 12.5, unit: 'images/s' } })
    const phases = await readPhases(outcome.termination.machine_id)
    expect(phases).toContain('workload-image-ready')
    expect(phases).not.toContain('python-found')
    await expectNothingLeft()
  })

  it('tries the next zone when the first has no capacity, and records it', async () => {
    release()
    const [subnetId = ''] = account.settings.subnetIds
    const answerWith = {
      status: 500,
      code: 'InsufficientInstanceCapacity',
      message: 'We currently do not have sufficient capacity',
    }
    // The dry run of the preflight succeeds; the launches fail.
    proxy.add({ action: 'RunInstances', holding: `${encodeURIComponent(subnetId)}`, does: { answerWith } })
    const { exitCode, stdout, stderr } = await (await start()).finished
    expect(exitCode, stderr).toBe(0)
    const outcome = JSON.parse(stdout)
    const evidence = Evidence.parse(JSON.parse(await readFile(outcome.evidence_path, 'utf8')))
    expect(evidence.launch_attempts.map(({ outcome, zone }) => `${outcome} ${zone}`)).toEqual([
      `failed ${account.zones[0]}`,
      `launched ${account.zones[1]}`,
    ])
    await expectNothingLeft()
  })

  it('boots and measures in another region when the first has no capacity, and leaves nothing in either', async () => {
    const other = await prepareRegion('us-east-1')
    await hypervisor.close()
    hypervisor = bootInstances(other)
    release()
    const answerWith = { status: 500, code: 'InsufficientInstanceCapacity', message: 'We have none' }
    proxy.add({ action: 'RunInstances', region: MOTO_REGION, does: { answerWith } })
    const fallback = { aws_region: 'us-east-1', ami_id: other.settings.amiId }
    await writeFile(join(sandbox.directory, 'bench.json'), JSON.stringify({ fallback_regions: [fallback] }))
    const { exitCode, stdout, stderr } = await (await start('--config', 'bench.json')).finished
    expect(exitCode, stderr).toBe(0)
    const outcome = JSON.parse(stdout)
    expect(outcome).toMatchObject({ status: 'succeeded', termination: { confirmed: true } })
    const evidence = Evidence.parse(JSON.parse(await readFile(outcome.evidence_path, 'utf8')))
    expect(evidence.environment.machine).toMatchObject({ region: 'us-east-1', zone: other.zones[0] })
    expect(await readPhases(outcome.termination.machine_id)).toContain('secret-fetched')
    await expectNothingLeft(other)
    await expectNothingLeft()
  })

  it('leaves nothing when it is interrupted while AWS throttles and does not yet list the instance', async () => {
    const running = await start()
    await running.waitFor(/trial 1\/1: train/)
    proxy.add({ action: 'DescribeInstances', times: 3, does: 'fail' })
    const throttled = { answerWith: { status: 503, code: 'RequestLimitExceeded', message: 'slow down' } }
    proxy.add({ action: 'TerminateInstances', times: 6, does: throttled })
    running.kill('SIGINT')
    const { exitCode, stdout, stderr } = await running.finished
    expect(exitCode, stderr).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ status: 'cancelled', termination: { confirmed: true }, pending: [] })
    await expectNothingLeft()
  })
}
