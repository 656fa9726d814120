/**
 * `radix bench run --provider ec2` without a control plane that the machine could reach: the real program, the real AWS SDK,
 * the real agent on a machine that boots, and a bucket in moto between them.
 */
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2'
import { ListBucketsCommand } from '@aws-sdk/client-s3'
import { DescribeParametersCommand } from '@aws-sdk/client-ssm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { Evidence } from '../src/contract/schemas/evidence.ts'
import { parseBootPhases } from '../src/providers/ec2/diagnostics.ts'
import { type AwsAccount, prepareAccount } from './support/aws-account.ts'
import { type FaultProxy, startFaultProxy } from './support/fault-proxy.ts'
import { canBootInstances, type Hypervisor, startHypervisor } from './support/hypervisor.ts'
import { renderMachineWorkload } from './support/machine-workload.ts'
import { describeWithMoto, type Moto, startMoto } from './support/moto.ts'
import { Runner } from './support/runner.ts'
import { isRadix, type Running, Sandbox } from './support/sandbox.ts'

const obstacle = canBootInstances() ? undefined : 'namespaces cannot be made here'
if (obstacle && process.env.CI) throw new Error(`CI must be able to boot instances: ${obstacle}`)
if (obstacle)
  process.stderr.write(`\n*** SKIPPED: runs without a server with machines that boot, for ${obstacle}. ***\n\n`)

describeWithMoto('a run on EC2 without a server', () => {
  describe.skipIf(obstacle !== undefined)('with machines that boot', tests)
})

function tests(): void {
  let moto: Moto
  let proxy: FaultProxy
  let account: AwsAccount
  let sandbox: Sandbox
  let hypervisor: Hypervisor
  let dockerData: string
  let env: Record<string, string>

  beforeAll(async () => {
    moto = await startMoto()
    proxy = await startFaultProxy(moto.url)
    // The proxy carries text only.
    env = { ...moto.env, AWS_ENDPOINT_URL: proxy.url, AWS_ENDPOINT_URL_S3: moto.url }
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    dockerData = await mkdtemp(join(tmpdir(), 'radix-docker-data-'))
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
    hypervisor = startHypervisor({
      ec2: account.clients.ec2,
      directory: join(sandbox.directory, 'instances'),
      env: { ...env, E2E_SANDBOX: sandbox.directory },
      dockerData,
      opt: { 'pytorch/bin/python3': renderMachineWorkload('/opt/released') },
    })
    proxy.answer('GetConsoleOutput', async (form) => {
      const console = await hypervisor.readConsole(form.get('InstanceId') ?? '')
      const output = Buffer.from(console).toString('base64')
      return `<GetConsoleOutputResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><output>${output}</output></GetConsoleOutputResponse>`
    })
  })
  afterEach(async () => {
    proxy.clear()
    try {
      await hypervisor.close()
    } finally {
      await sandbox.remove()
    }
  })

  const release = () => hypervisor.writeToOpt('released', '')
  const variables = () => ({ ...env, BENCH_AGENT_IMAGE: undefined })

  function start(...extra: string[]): Running {
    const { settings } = account
    const argv = ['bench', 'run', '--provider', 'ec2', '--allow-cpu', '--json', '--ttl-minutes', '10']
    const ids = ['--ami-id', settings.amiId ?? '', '--security-group-id', settings.securityGroupId ?? '']
    return sandbox.radix([...argv, ...ids, '--subnet-id', settings.subnetIds[0] ?? '', ...extra], variables())
  }

  async function expectNothingLeft(): Promise<void> {
    const { ec2, ssm, s3 } = account.clients
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}))
    const states = Reservations.flatMap(({ Instances = [] }) => Instances).map(({ State }) => State?.Name)
    expect(states.filter((state) => state !== 'terminated')).toEqual([])
    expect((await ssm.send(new DescribeParametersCommand({}))).Parameters).toEqual([])
    expect((await s3.send(new ListBucketsCommand({}))).Buckets ?? []).toEqual([])
    expect(await readdir(join(sandbox.dataDir, 'relays')).catch(() => [])).toEqual([])
    await vi.waitFor(() => expect(hypervisor.running).toEqual([]), { timeout: 30_000, interval: 50 })
  }

  it('launches, measures through a bucket, terminates, and leaves nothing in the account', async () => {
    release()
    const { exitCode, stdout, stderr } = await start().finished
    expect(exitCode, stderr).toBe(0)
    const outcome = JSON.parse(stdout)
    expect(outcome).toMatchObject({ status: 'succeeded', throughput: { value: 12.5, unit: 'images/s' } })
    expect(outcome.termination).toMatchObject({ confirmed: true })
    const console = await hypervisor.readConsole(outcome.termination.machine_id)
    const phases = parseBootPhases(console).map(({ phase }) => phase)
    expect(phases).toEqual(expect.arrayContaining(['armed', 'python-found', 'downloading', 'agent-installed']))
    const evidence = await readFile(outcome.evidence_path, 'utf8')
    expect(Evidence.parse(JSON.parse(evidence)).environment.machine).toMatchObject({ instance_type: 'g5.2xlarge' })
    expect(stdout + stderr + evidence + console).not.toMatch(/radix_(ot|ct|lt)_|X-Amz-Signature/)
    await expectNothingLeft()
  })

  it('leaves nothing when it is interrupted', async () => {
    const running = start()
    await running.waitFor(/trial 1\/1: train/)
    running.kill('SIGINT')
    const { exitCode, stdout, stderr } = await running.finished
    expect(exitCode, stderr).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ status: 'cancelled', termination: { confirmed: true }, pending: [] })
    await expectNothingLeft()
  })

  it('loses no result when this machine sleeps as the job ends', async () => {
    const running = start()
    await running.waitFor(/trial 1\/1: train/)
    const server = sandbox.processes().find(({ command }) => isRadix(command, 'server'))
    const asleep = [running.pid, server?.pid ?? 0]
    for (const pid of asleep) process.kill(pid, 'SIGSTOP')
    release()
    await expect.poll(readCompletion, { timeout: 60_000, interval: 100 }).toContain('succeeded')
    for (const pid of asleep) process.kill(pid, 'SIGCONT')
    const { exitCode, stdout, stderr } = await running.finished
    expect(exitCode, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ status: 'succeeded', throughput: { value: 12.5, unit: 'images/s' } })
    await expectNothingLeft()
  })

  /** What the agent has spooled on the instance, whose files are visible through its processes. */
  async function readCompletion(): Promise<string> {
    for (const { pid } of sandbox.processes()) {
      const jobs = `/proc/${pid}/root/var/lib/radix-agent/jobs`
      for (const job of await readdir(jobs).catch(() => [])) {
        const text = await readFile(join(jobs, job, 'completion.json'), 'utf8').catch(() => '')
        if (text) return text
      }
    }
    return ''
  }

  it('is resumed after it was killed, with the machine that still measures', async () => {
    const running = start()
    await running.waitFor(/trial 1\/1: train/)
    running.kill('SIGKILL')
    await running.finished
    const { s3 } = account.clients
    expect((await s3.send(new ListBucketsCommand({}))).Buckets).toHaveLength(1)
    release()
    const [runId = ''] = await readdir(join(sandbox.dataDir, 'runs'))
    const { exitCode, stdout, stderr } = await sandbox.run(['bench', 'resume', runId, '--json'], variables())
    expect(exitCode, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ status: 'succeeded', throughput: { value: 12.5, unit: 'images/s' } })
    await expectNothingLeft()
  })

  it('is cleaned up after it was killed, with only its id', async () => {
    const running = start()
    await running.waitFor(/trial 1\/1: train/)
    running.kill('SIGKILL')
    await running.finished
    const [runId = ''] = await readdir(join(sandbox.dataDir, 'runs'))
    for (const folder of ['runs', 'relays']) await rm(join(sandbox.dataDir, folder), { recursive: true })
    const argv = ['bench', 'cleanup', runId, '--provider', 'ec2', '--json']
    const { exitCode, stdout, stderr } = await sandbox.run(argv, variables())
    expect(JSON.parse(stdout), stderr).toMatchObject({ termination: { confirmed: true }, pending: [] })
    expect(exitCode, stderr).toBe(0)
    await expectNothingLeft()
  })

  it('measures for a job of GitHub that names no control plane, and its post step finds nothing to do', async () => {
    release()
    const { amiId = '', securityGroupId = '', subnetIds } = account.settings
    const ids = { 'ami-id': amiId, 'security-group-id': securityGroupId, 'subnet-id': subnetIds[0] ?? '' }
    // Under root the embedded database runs as another user, who must pass through.
    const runner = await Runner.create(
      { ...ids, 'allow-cpu': 'true', 'ttl-minutes': '10' },
      { ...variables(), E2E_SANDBOX: sandbox.directory },
    )
    await chmod(runner.directory, 0o711)
    try {
      const { exitCode, log } = await runner.run('main')
      expect(exitCode, log).toBe(0)
      const outputs = await runner.readOutputs()
      expect(outputs).toMatchObject({ status: 'succeeded', throughput: '12.5', 'report-url': '' })
      expect(await runner.readSummary()).toContain('12.5')
      expect((await runner.runPost()).log).toContain('Nothing to clean up')
      await expectNothingLeft()
    } finally {
      await runner.remove()
    }
  })
}
