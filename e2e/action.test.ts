/**
 * The Action as GitHub runs it: the bundle in its own process with the environment of a runner, a real control plane
 * that accepts GitHub's tokens, and the real AWS SDK against moto. The test acts for the instances.
 */

import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DescribeInstancesCommand, DescribeVolumesCommand } from '@aws-sdk/client-ec2'
import { DescribeParametersCommand, GetParameterCommand } from '@aws-sdk/client-ssm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { INPUT_NAMES } from '../src/action/inputs.ts'
import { Evidence } from '../src/contract/schemas/evidence.ts'
import { startTestGithub, type TestGithub } from '../src/control-plane/testing/github.ts'
import { startTestServer, type TestServer } from '../src/control-plane/testing/test-server.ts'
import { deriveGithubRunId } from '../src/core/github-run.ts'
import { STEP_NAMES } from '../src/harness/step-names.ts'
import { parameterName } from '../src/providers/ec2/names.ts'
import { type AwsAccount, prepareAccount } from './support/aws-account.ts'
import { type FaultProxy, startFaultProxy } from './support/fault-proxy.ts'
import { STEPS_TO_STOP_AT } from './support/full-run.ts'
import { describeWithMoto, type Moto, startMoto } from './support/moto.ts'
import { ownAddress } from './support/own-address.ts'
import { type ActionProcess, cancel, expectMasked, Runner, readAnnotations } from './support/runner.ts'
import { startTinyAgent, type TinyAgent } from './support/tiny-agent.ts'

const AUDIENCE = 'https://radix.example.com'

it('declares in action.yml exactly the inputs that it reads', async () => {
  const description = parse(await readFile('action.yml', 'utf8'))
  expect(Object.keys(description.inputs).sort()).toEqual([...INPUT_NAMES].sort())
})

describeWithMoto('the Action', () => {
  let moto: Moto
  let proxy: FaultProxy
  let account: AwsAccount
  let github: TestGithub
  let tokens: Server
  let issued: string[] = []
  /** Of GitHub; a new one for each test. */
  let githubRunId = 1000
  let runId: string
  let server: TestServer
  let runner: Runner
  let agent: TinyAgent | undefined

  beforeAll(async () => {
    moto = await startMoto()
    proxy = await startFaultProxy(moto.url)
    for (const [name, value] of Object.entries(moto.env)) vi.stubEnv(name, value)
    github = await startTestGithub()
    tokens = createServer(async (_, response) => {
      const value = await github.sign({ run_id: String(githubRunId) })
      issued.push(value)
      response.end(JSON.stringify({ value }))
    })
    await new Promise<void>((resolve) => tokens.listen(0, '127.0.0.1', resolve))
    account = await prepareAccount()
    server = await startTestServer({ host: ownAddress(), github: github.config })
  })
  afterAll(async () => {
    await server.close()
    tokens.close()
    await github.close()
    vi.unstubAllEnvs()
    await proxy.close()
    await moto.stop()
  })
  beforeEach(async () => {
    githubRunId++
    runId = deriveGithubRunId({ repositoryId: '74', runId: String(githubRunId), runAttempt: '1', key: '' })
    issued = []
    runner = await createRunner()
  })
  afterEach(async () => {
    proxy.clear()
    await agent?.stop()
    agent = undefined
    await runner.remove()
  })

  function createRunner(inputs: Record<string, string> = {}): Promise<Runner> {
    const { amiId = '', subnetIds, securityGroupId = '' } = account.settings
    return Runner.create(
      {
        'api-base': server.url,
        'ami-id': amiId,
        'subnet-id': subnetIds.join(' '),
        'security-group-id': securityGroupId,
        'instance-type': 'g5.2xlarge',
        'cluster-name': 'ci-gpu-bench',
        trials: '3',
        ...inputs,
      },
      {
        ...moto.env,
        GITHUB_RUN_ID: String(githubRunId),
        AWS_ENDPOINT_URL: proxy.url,
        RADIX_GITHUB_AUDIENCE: AUDIENCE,
        ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/?x=y`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-secret',
      },
    )
  }

  /** Acts for the instance: moto boots nothing. */
  async function boot(running: ActionProcess): Promise<void> {
    await running.waitFor('await-machine: succeeded')
    const request = { Name: parameterName(runId, 'onboarding-token'), WithDecryption: true }
    const { Parameter } = await account.clients.ssm.send(new GetParameterCommand(request))
    const cluster = await server.db
      .selectFrom('clusters')
      .select('cluster_id')
      .where('archived_at', 'is', null)
      .executeTakeFirstOrThrow()
    agent = startTinyAgent({ apiBase: server.url, clusterId: cluster.cluster_id }, Parameter?.Value ?? '')
  }

  async function readStates(): Promise<(string | undefined)[]> {
    const { Reservations = [] } = await account.clients.ec2.send(new DescribeInstancesCommand({}))
    return Reservations.flatMap(({ Instances = [] }) => Instances).map(({ State }) => State?.Name)
  }

  async function expectNothingLeft(): Promise<void> {
    expect((await readStates()).filter((state) => state !== 'terminated')).toEqual([])
    expect((await account.clients.ec2.send(new DescribeVolumesCommand({}))).Volumes).toEqual([])
    expect((await account.clients.ssm.send(new DescribeParametersCommand({}))).Parameters).toEqual([])
    const { db } = server
    expect(await db.selectFrom('clusters').select('name').where('archived_at', 'is', null).execute()).toEqual([])
    expect(await db.selectFrom('runs').select('run_id').where('ended_at', 'is', null).execute()).toEqual([])
    const underWay = ['queued', 'leased', 'running'] as const
    expect(await db.selectFrom('jobs').select('job_id').where('status', 'in', underWay).execute()).toEqual([])
  }

  it('launches, measures, terminates, and reports to the workflow; its post step then has nothing to do', async () => {
    const running = runner.start('main')
    await boot(running)
    const { exitCode, log } = await running.ended
    expect(exitCode, log).toBe(0)
    const outputs = await runner.readOutputs()
    expect(outputs).toMatchObject({
      'run-id': runId,
      status: 'succeeded',
      'artifact-name': 'benchmark-evidence-g5.2xlarge-12',
      'report-url': `${server.url}/v1/runs/${runId}/evidence`,
    })
    expect(Number(outputs['throughput-images-per-sec'])).toBeGreaterThan(0)
    expect(outputs.throughput).toBe(outputs['throughput-images-per-sec'])
    expect(outputs['throughput-unit']).toBe('images/s')
    expect(Number(outputs['cost-usd'])).toBeGreaterThan(0)
    expect(await readFile(outputs['report-path'] ?? '', 'utf8')).toContain('GPU benchmark evidence')
    const evidence = Evidence.parse(
      JSON.parse(await readFile(`${outputs['evidence-directory']}/evidence.json`, 'utf8')),
    )
    expect(evidence).toMatchObject({ termination: { state: 'confirmed' }, results: { trials: { length: 3 } } })

    const summary = await runner.readSummary()
    expect(summary).toMatch(/^## .* GPU Benchmark Completed/)
    for (const row of [
      'Instance Type | g5.2xlarge',
      'Epochs | 1',
      'Batch Size | 128',
      'Verdict',
      'Cost',
      'Confidence',
    ]) {
      expect(summary).toContain(`| ${row}`)
    }
    expect(summary).toContain('terminate-machine')

    const groups = [...log.matchAll(/^::group::(.*)$/gm)].map(([, title]) => title)
    expect(groups).toEqual(STEP_NAMES)
    expect(log.match(/^::endgroup::$/gm)).toHaveLength(STEP_NAMES.length)
    expect(log).toMatch(/trial 2\/3: \d/)
    expectMasked(log, issued)
    expect(log).toMatch(/^::add-mask::radix_rt_/m)
    expect(log.replaceAll(/^::add-mask::.*$/gm, '')).not.toMatch(/radix_[a-z]{2}_|request-secret/)
    await expectNothingLeft()

    const post = await runner.runPost()
    expect(post).toMatchObject({ exitCode: 0, log: 'Nothing to clean up.\n' })
    const cleanUp = await runner.nextStep({ command: 'clean-up' })
    expect((await cleanUp.run('main')).log).toContain(`Run ${runId} has ended and left nothing behind.`)
  })

  it('checks without starting anything', async () => {
    const before = await readStates()
    const check = await runner.nextStep({ command: 'check', 'ami-id': 'ami-0123456789abcdef0' })
    const { exitCode, log } = await check.run('main')
    expect(exitCode, log).toBe(2)
    expect(readAnnotations(log).map(({ title }) => title)).toContain('AWS_IMAGE_UNUSABLE')
    expect(await check.readOutputs()).toMatchObject({ status: 'may-not-start' })
    expect(await check.readSummary()).toContain('AWS_IMAGE_UNUSABLE')
    expect(await readStates()).toEqual(before)
    const fine = await runner.nextStep({ command: 'check' })
    const passed = await fine.run('main')
    expect(passed.exitCode, passed.log).toBe(0)
    expect(await fine.readOutputs()).toMatchObject({ status: 'may-start' })
    expect(await readStates()).toEqual(before)
  })

  it('explains a failure and its fix in an annotation and in the summary', async () => {
    const message = 'We do not have sufficient capacity'
    proxy.add({
      action: 'RunInstances',
      does: { answerWith: { status: 500, code: 'InsufficientInstanceCapacity', message } },
    })
    const { exitCode, log } = await runner.run('main')
    expect(exitCode, log).toBe(5)
    const [annotation] = readAnnotations(log)
    expect(annotation).toMatchObject({ level: 'error', title: expect.stringMatching(/^LAUNCH_CAPACITY: /) })
    expect(annotation?.message).toMatch(/\nFix: /)
    expect(await runner.readSummary()).toMatch(/^## ❌ GPU Benchmark Failed[\s\S]*LAUNCH_CAPACITY[\s\S]*\*\*Fix:\*\*/)
    expect(await runner.readOutputs()).toMatchObject({
      status: 'failed',
      'artifact-name': expect.stringMatching(/^benchmark-evidence-/),
    })
    await expectNothingLeft()
  })

  it.each([
    ['an invalid input', { epochs: '0' }, 'CONFIGURATION_INVALID', 2],
    [
      'no control plane of an existing cluster',
      {
        'api-base': '',
        provider: 'existing',
        'ami-id': '',
        'subnet-id': '',
        'security-group-id': '',
        'instance-type': '',
      },
      'CONFIGURATION_INVALID',
      2,
    ],
    ['an unreachable control plane', { 'api-base': `http://${ownAddress()}:9` }, 'API_UNREACHABLE', 1],
  ])('ends at once with %s', async (_, inputs, code, expectedExitCode) => {
    const step = await runner.nextStep(inputs)
    const { exitCode, log } = await step.run('main')
    expect(exitCode, log).toBe(expectedExitCode)
    expect(readAnnotations(log)[0]?.title).toMatch(new RegExp(`^${code}: `))
    expect(await step.readSummary()).toContain(code)
  })

  describe('cancelled as GitHub cancels', () => {
    it.each(STEPS_TO_STOP_AT)(
      'at %s: records the cancellation before it exits, and leaves nothing after the post step',
      async (step) => {
        const running = runner.start('main')
        const booted = boot(running).catch(() => {})
        await running.waitFor(`::group::${step}`)
        await cancel(running)
        await booted
        const { exitCode, log } = await running.ended
        // Before its registration the run has no record.
        const isRegistered = STEP_NAMES.indexOf(step) > STEP_NAMES.indexOf('register-run')
        expect(!isRegistered || (await isCancelOnRecord()), log).toBe(true)
        const post = await runner.runPost()
        expect(post.exitCode, log + post.log).toBe(0)
        // The run may have finished in the meantime. It never counts as failed.
        expect([0, 130, null], log).toContain(exitCode)
        await expectNothingLeft()
      },
    )

    it('and killed before it could finish: the post step cleans up what is left, with only the run id', async () => {
      const running = runner.start('main')
      await boot(running)
      await running.waitFor('::group::run-trials')
      // The instance takes longer to terminate than GitHub waits.
      proxy.add({
        action: 'DescribeInstances',
        does: {
          rewrite: (body) => body.replace(/<code>48<\/code><name>terminated/, '<code>32</code><name>shutting-down'),
        },
      })
      expect(await cancel(running, 0.4)).toBe('SIGKILL')
      expect(await isCancelOnRecord()).toBe(true)
      proxy.clear()
      const post = await runner.runPost()
      expect(post.exitCode, post.log).toBe(0)
      await expectNothingLeft()
      const again = await runner.nextStep({ command: 'clean-up' })
      expect((await again.run('main')).exitCode).toBe(0)
    })
  })

  function readRun() {
    const run = server.db.selectFrom('runs').select(['cancel_requested', 'ended_at']).where('run_id', '=', runId)
    return run.executeTakeFirst()
  }

  /** A run that has already ended counts as well. */
  async function isCancelOnRecord(): Promise<boolean> {
    const run = await readRun()
    return run !== undefined && (run.cancel_requested || run.ended_at !== null)
  }
})
