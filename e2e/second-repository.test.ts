/**
 * The workflow called from another repository, as docs/CI_GPU_BENCHMARK_HARNESS.md shows it, run by nektos/act: our Action
 * from our repository, moto as AWS, and stand-ins for the Actions of others, which cannot be downloaded here.
 */
import { execFileSync, spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2'
import { GetParameterCommand } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { Evidence } from '../src/contract/schemas/evidence.ts'
import { startTestGithub, type TestGithub } from '../src/control-plane/testing/github.ts'
import { startTestServer, type TestServer } from '../src/control-plane/testing/test-server.ts'
import { deriveGithubRunId } from '../src/core/github-run.ts'
import { parameterName } from '../src/providers/ec2/names.ts'
import { buildAct } from './support/act.ts'
import { type AwsAccount, prepareAccount } from './support/aws-account.ts'
import { isFullRun } from './support/full-run.ts'
import { explainMissingGo } from './support/go-tools.ts'
import { describeWithMoto, type Moto, startMoto } from './support/moto.ts'
import { ownAddress } from './support/own-address.ts'
import { follow } from './support/runner.ts'
import { startTinyAgent, type TinyAgent } from './support/tiny-agent.ts'

const ROOT = join(import.meta.dirname, '..')
const STAND_INS = join(import.meta.dirname, 'support', 'other-actions')
const OURS = 'iangreen74/radix'
const AUDIENCE = 'https://radix.example.com'
const RUN = { repositoryId: '74', runId: '2001', runAttempt: '1' }

const missing = isFullRun ? explainMissingGo() : undefined
if (missing) process.stderr.write(`\n*** SKIPPED: the workflow in a second repository, for ${missing}. ***\n\n`)

describeWithMoto('a repository that calls the benchmark workflow', () => {
  let moto: Moto
  let account: AwsAccount
  let github: TestGithub
  let tokens: Server
  let server: TestServer
  let folder: string
  let agent: TinyAgent | undefined

  beforeAll(async () => {
    moto = await startMoto()
    for (const [name, value] of Object.entries(moto.env)) vi.stubEnv(name, value)
    github = await startTestGithub()
    tokens = createServer(async (_, response) => {
      response.end(JSON.stringify({ value: await github.sign({ run_id: RUN.runId }) }))
    })
    await new Promise<void>((resolve) => tokens.listen(0, '127.0.0.1', resolve))
    account = await prepareAccount()
    server = await startTestServer({ host: ownAddress(), github: github.config })
    folder = await mkdtemp(join(tmpdir(), 'radix-second-'))
  })
  afterAll(async () => {
    await agent?.stop()
    await server.close()
    tokens.close()
    await github.close()
    vi.unstubAllEnvs()
    await moto.stop()
    await rm(folder, { recursive: true })
  })

  it.runIf(isFullRun && !missing)('measures, and has the outputs and the evidence', async () => {
    const act = buildAct()
    const ours = await copyOurRepository()
    const caller = await writeCallingRepository()
    const actions = await readOtherActions(ours)
    const child = spawn(
      act,
      [
        'push',
        ...['--platform', 'ubuntu-24.04=-self-hosted'],
        ...['--local-repository', `${OURS}@v1=${ours}`],
        ...actions.flatMap(([uses, path]) => ['--local-repository', `${uses}=${path}`]),
        ...['--action-cache-path', join(folder, 'cache')],
        ...Object.entries(describeRunner()).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
        ...['--secret', 'AWS_ROLE_TO_ASSUME_ARN=arn:aws:iam::123456789012:role/radix-ci'],
      ],
      {
        cwd: caller,
        env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, HOME: folder, TMPDIR: folder },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    const running = follow(child)
    await running.waitFor('await-machine: succeeded')
    await startAgent()
    const { exitCode, log } = await running.ended
    expect(exitCode, log).toBe(0)

    const uploads = join(folder, 'uploads')
    expect(await readdir(uploads)).toEqual(['benchmark-evidence-g5.2xlarge-1'])
    const written = join(uploads, 'benchmark-evidence-g5.2xlarge-1', 'evidence.json')
    const evidence = Evidence.parse(JSON.parse(await readFile(written, 'utf8')))
    expect(evidence).toMatchObject({ status: 'succeeded', termination: { state: 'confirmed' } })
    expect(log).toMatch(/caller: succeeded, benchmark-evidence-g5\.2xlarge-1, [\d.]+ images/)
    const { Reservations = [] } = await account.clients.ec2.send(new DescribeInstancesCommand({}))
    const states = Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name))
    expect(states).toEqual(['terminated'])
  })

  /** act does not know `$/`, which GitHub replaces by the workflow's own repository and commit. */
  async function copyOurRepository(): Promise<string> {
    const ours = join(folder, 'ours')
    for (const name of ['action.yml', 'dist/action', '.github']) {
      await cp(join(ROOT, name), join(ours, name), { recursive: true })
    }
    const workflow = join(ours, '.github', 'workflows', 'gpu-benchmark-ec2.yml')
    const text = await readFile(workflow, 'utf8')
    expect(text).toContain('uses: $/\n')
    await writeFile(workflow, text.replaceAll('uses: $/\n', `uses: ${OURS}@v1\n`))
    return ours
  }

  /** By what the workflow calls them: name and commit. */
  async function readOtherActions(ours: string): Promise<[string, string][]> {
    const text = await readFile(join(ours, '.github', 'workflows', 'gpu-benchmark-ec2.yml'), 'utf8')
    const stand: Record<string, string> = {
      'aws-actions/configure-aws-credentials': 'credentials',
      'actions/upload-artifact': 'upload',
    }
    const used = new Set([...text.matchAll(/uses: ((\S+)@[0-9a-f]{40})/g)].map(([, uses = '']) => uses))
    return [...used].map((uses) => [uses, join(STAND_INS, stand[uses.split('@')[0] ?? ''] ?? 'unknown')])
  }

  async function writeCallingRepository(): Promise<string> {
    const { amiId = '', subnetIds, securityGroupId = '' } = account.settings
    const caller = join(folder, 'caller')
    await mkdir(join(caller, '.github', 'workflows'), { recursive: true })
    const workflow = `
on: push
permissions: {}
jobs:
  benchmark:
    permissions:
      contents: read
      id-token: write
    uses: ${OURS}/.github/workflows/gpu-benchmark-ec2.yml@v1
    secrets:
      AWS_ROLE_TO_ASSUME_ARN: \${{ secrets.AWS_ROLE_TO_ASSUME_ARN }}
    with:
      api_base: ${server.url}
      ami_id: ${amiId}
      subnet_id: ${subnetIds.join(' ')}
      security_group_id: ${securityGroupId}
      max_cost_usd: "5"
  after:
    needs: benchmark
    runs-on: ubuntu-24.04
    steps:
      - env:
          STATUS: \${{ needs.benchmark.outputs.status }}
          ARTIFACT: \${{ needs.benchmark.outputs.artifact_name }}
          THROUGHPUT: \${{ needs.benchmark.outputs.throughput_images_per_sec }}
        run: |
          echo "caller: $STATUS, $ARTIFACT, $THROUGHPUT images"
`
    await writeFile(join(caller, '.github', 'workflows', 'benchmark.yml'), workflow)
    const author = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com']
    const commands = [
      ['init', '--quiet', '--initial-branch=main'],
      ['remote', 'add', 'origin', 'https://github.com/ann/models.git'],
      ['add', '.'],
      [...author, 'commit', '--quiet', '--message=Measure'],
    ]
    for (const command of commands) execFileSync('git', command, { cwd: caller })
    return caller
  }

  /** What GitHub's runner gives, and act does not. */
  function describeRunner(): Record<string, string> {
    return {
      ...moto.env,
      RADIX_GITHUB_AUDIENCE: AUDIENCE,
      GITHUB_REPOSITORY_ID: RUN.repositoryId,
      GITHUB_RUN_ID: RUN.runId,
      GITHUB_RUN_ATTEMPT: RUN.runAttempt,
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/?x=y`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-secret',
      UPLOADS: join(folder, 'uploads'),
    }
  }

  /** What the instance would do; moto boots nothing. */
  async function startAgent(): Promise<void> {
    const runId = deriveGithubRunId({ ...RUN, key: 'g5.2xlarge' })
    const request = { Name: parameterName(runId, 'onboarding-token'), WithDecryption: true }
    const { Parameter } = await account.clients.ssm.send(new GetParameterCommand(request))
    const { cluster_id } = await server.db.selectFrom('clusters').select('cluster_id').executeTakeFirstOrThrow()
    agent = startTinyAgent({ apiBase: server.url, clusterId: cluster_id }, Parameter?.Value ?? '')
  }
})
