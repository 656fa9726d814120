/**
 * `radix bench` on EC2 in two regions, with the real program and the real AWS SDK against moto, whose instances do not
 * boot: where it creates machines and secrets. Every process finds and ends them, with or without a journal.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DescribeInstancesCommand, DescribeVolumesCommand } from '@aws-sdk/client-ec2'
import { DescribeParametersCommand } from '@aws-sdk/client-ssm'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { Evidence } from '../src/contract/schemas/evidence.ts'
import { type AwsAccount, prepareAccount, prepareRegion } from './support/aws-account.ts'
import { type ControlPlane, startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { type FaultProxy, startFaultProxy } from './support/fault-proxy.ts'
import { describeWithMoto, MOTO_REGION, type Moto, startMoto } from './support/moto.ts'
import { ownAddress } from './support/own-address.ts'
import { type Finished, type Running, Sandbox } from './support/sandbox.ts'

const FALLBACK_REGION = 'us-east-1'
const NO_CAPACITY = { status: 500, code: 'InsufficientInstanceCapacity', message: 'We do not have sufficient capacity' }
const DENIED = { status: 403, code: 'UnauthorizedOperation', message: 'You are not authorized' }

describeWithMoto('a run on EC2 in two regions', () => {
  let moto: Moto
  let proxy: FaultProxy
  let first: AwsAccount
  let second: AwsAccount
  let sandbox: Sandbox
  let controlPlane: ControlPlane
  let env: Record<string, string>

  beforeAll(async () => {
    moto = await startMoto()
    proxy = await startFaultProxy(moto.url)
    env = { ...moto.env, AWS_ENDPOINT_URL: proxy.url }
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await proxy.close()
    await moto.stop()
  })
  beforeEach(async () => {
    await moto.reset()
    first = await prepareAccount()
    second = await prepareRegion(FALLBACK_REGION)
    sandbox = await Sandbox.createUsed()
    controlPlane = await startControlPlane(sandbox, 0, ['--host', ownAddress()])
  })
  afterEach(async () => {
    proxy.clear()
    await stopControlPlane(controlPlane)
    await sandbox.remove()
  })

  const noCapacityInFirst = () =>
    proxy.add({ action: 'RunInstances', region: MOTO_REGION, does: { answerWith: NO_CAPACITY } })

  /** Resolves once the machine is launched; it never boots. */
  async function start(...extra: string[]): Promise<{ running: Running; runId: string }> {
    const { amiId = '', subnetIds, securityGroupId = '' } = first.settings
    const config = { fallback_regions: [{ aws_region: FALLBACK_REGION, ami_id: second.settings.amiId }] }
    await writeFile(join(sandbox.directory, 'bench.json'), JSON.stringify(config))
    const what = [
      'bench',
      'run',
      '--provider',
      'ec2',
      '--config',
      'bench.json',
      '--api-base',
      controlPlane.url,
      '--json',
    ]
    const ids = ['--ami-id', amiId, '--security-group-id', securityGroupId, '--subnet-id', ...subnetIds.slice(0, 2)]
    const token = await sandbox.mintToken()
    const running = sandbox.radix([...what, ...ids, ...extra], { ...env, RADIX_TOKEN: token })
    const [runId = ''] = await running.waitFor(/run_[0-9a-z]{26}/)
    await running.waitFor(/await-cluster: started/)
    return { running, runId }
  }

  async function kill({ running }: { running: Running }): Promise<void> {
    running.kill('SIGKILL')
    await running.finished
  }

  /** From another machine, without a journal of the run. */
  async function cleanUpElsewhere(runId: string): Promise<Finished> {
    const token = await sandbox.mintToken()
    const regions = ['--aws-region', MOTO_REGION, '--fallback-region', FALLBACK_REGION]
    const argv = ['bench', 'cleanup', runId, '--provider', 'ec2', ...regions, '--api-base', controlPlane.url, '--json']
    const elsewhere = { ...env, RADIX_TOKEN: token, RADIX_DATA_DIR: join(sandbox.directory, 'elsewhere') }
    return sandbox.run(argv, elsewhere)
  }

  async function readStates({ clients }: AwsAccount): Promise<(string | undefined)[]> {
    const { Reservations = [] } = await clients.ec2.send(new DescribeInstancesCommand({}))
    return Reservations.flatMap(({ Instances = [] }) => Instances).map(({ State }) => State?.Name)
  }

  async function listSecrets({ clients }: AwsAccount): Promise<(string | undefined)[]> {
    return ((await clients.ssm.send(new DescribeParametersCommand({}))).Parameters ?? []).map(({ Name }) => Name)
  }

  async function expectNothingLeft(): Promise<void> {
    for (const account of [first, second]) {
      expect((await readStates(account)).filter((state) => state !== 'terminated')).toEqual([])
      expect((await account.clients.ec2.send(new DescribeVolumesCommand({}))).Volumes).toEqual([])
      expect(await listSecrets(account)).toEqual([])
    }
    const { items } = await controlPlane.client.call('listClusters', { query: { status: 'pending' } })
    expect(items).toEqual([])
  }

  it('launches in the second when the first has no capacity in any zone, and can be ended from anywhere by its id', async () => {
    noCapacityInFirst()
    const run = await start()
    expect(await readStates(first)).toEqual([])
    expect(await readStates(second)).toEqual(['running'])
    const secret = [`/radix/runs/${run.runId}/onboarding-token`]
    expect([await listSecrets(first), await listSecrets(second)]).toEqual([secret, secret])
    await kill(run)

    proxy.add({ action: 'DescribeInstances', region: FALLBACK_REGION, times: 3, does: { answerWith: DENIED } })
    const { exitCode, stdout, stderr } = await cleanUpElsewhere(run.runId)
    expect(exitCode, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ termination: { confirmed: true }, pending: [] })
    expect(JSON.parse(stdout).termination.proof).toMatch(/EC2 says i-[0-9a-f]+ is terminated/)
    await expectNothingLeft()
  })

  it('is ended in the region that answers first, and is confirmed only once the other has answered', async () => {
    const run = await start()
    expect(await readStates(first)).toEqual(['running'])
    await kill(run)
    proxy.clear()
    proxy.add({ action: 'DescribeInstances', region: FALLBACK_REGION, does: { answerWith: DENIED } })
    const cleanup = cleanUpElsewhere(run.runId)
    await vi.waitFor(async () => expect(await readStates(first)).toEqual(['terminated']), { timeout: 30_000 })
    // It keeps asking: at least one more round of both regions.
    const countLooks = () => proxy.actions.filter((action) => action === 'DescribeInstances').length
    const looks = countLooks()
    await vi.waitFor(() => expect(countLooks()).toBeGreaterThan(looks + 3), { timeout: 30_000 })
    proxy.clear()
    const { exitCode, stdout, stderr } = await cleanup
    expect(exitCode, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ termination: { confirmed: true }, pending: [] })
    await expectNothingLeft()
  })

  it('is cleaned up with only its journal', async () => {
    noCapacityInFirst()
    const run = await start()
    await kill(run)
    const token = await sandbox.mintToken()
    const argv = ['bench', 'cleanup', run.runId, '--json']
    const { exitCode, stdout, stderr } = await sandbox.run(argv, { ...env, RADIX_TOKEN: token })
    expect(exitCode, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ termination: { confirmed: true }, pending: [] })
    await expectNothingLeft()
  })

  it('continues in its region when it is resumed, and records its attempts and their cost', async () => {
    noCapacityInFirst()
    const run = await start('--instance-type', 'g4dn.xlarge', 'g5.4xlarge', '--ttl-minutes', '30')
    await kill(run)
    // Before the launch the highest price counts: g5.4xlarge for half an hour.
    const { worst_case_cost_usd } = await controlPlane.client.call('getRun', { params: { run_id: run.runId } })
    expect(worst_case_cost_usd).toBeCloseTo(1.624 / 2)
    const token = await sandbox.mintToken()
    const resumed = sandbox.radix(['bench', 'resume', run.runId, '--json'], { ...env, RADIX_TOKEN: token })
    await resumed.waitFor(/await-cluster: started/)
    expect(await readStates(second)).toEqual(['running'])
    resumed.kill('SIGINT')
    const { exitCode, stdout, stderr } = await resumed.finished
    expect(exitCode, stderr).toBe(130)
    const outcome = JSON.parse(stdout)
    expect(outcome).toMatchObject({ status: 'cancelled', termination: { confirmed: true }, pending: [] })
    const evidence = Evidence.parse(JSON.parse(await readFile(outcome.evidence_path, 'utf8')))
    const attempts = evidence.launch_attempts.map((each) => `${each.outcome} ${each.instance_type} ${each.region}`)
    expect(attempts).toEqual([
      ...Array(2).fill(`failed g4dn.xlarge ${MOTO_REGION}`),
      ...Array(2).fill(`failed g5.4xlarge ${MOTO_REGION}`),
      `launched g4dn.xlarge ${FALLBACK_REGION}`,
    ])
    expect(evidence.cost).toMatchObject({ price_per_hour_usd: 0.526 })
    expect(evidence.environment.machine?.region).toBe(FALLBACK_REGION)
    // With the ids from the configuration file: without them this would be another run.
    const fallback = JSON.stringify({ aws_region: FALLBACK_REGION, ami_id: second.settings.amiId })
    expect(evidence.reproduce.command).toContain(` --fallback-region '${fallback}' `)
    await expectNothingLeft()
  })

  it('is checked in both regions by radix aws doctor', async () => {
    const { amiId = '' } = first.settings
    const argv = ['aws', 'doctor', '--ami-id', amiId, '--api-base', controlPlane.url, '--json']
    const { stdout, exitCode } = await sandbox.run(argv, { ...env, BENCH_FALLBACK_REGIONS: FALLBACK_REGION })
    expect(exitCode).toBe(2)
    const report = JSON.parse(stdout)
    expect(report).toMatchObject({ may_start: false, region: MOTO_REGION, fallback_regions: [FALLBACK_REGION] })
    // moto has no Deep Learning AMI there, and the AMI of the first region is not used.
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        code: 'AWS_IMAGE_UNUSABLE',
        message: expect.stringMatching(/^In us-east-1: Deep Learn/),
      }),
    )
  })
})
