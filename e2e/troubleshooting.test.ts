/**
 * The troubleshooting section of the specification, entry by entry and cause by cause: the tests produce each cause and
 * check its code and fix. docs/EC2.md has the same as a table. Causes that other tests prove name their file.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AssociateRouteTableCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  DescribeSubnetsCommand,
  RevokeSecurityGroupEgressCommand,
} from '@aws-sdk/client-ec2'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestServer, type TestServer } from '../src/control-plane/testing/test-server.ts'
import { newId } from '../src/core/ids.ts'
import { HARNESS_LIMITS } from '../src/core/limits/harness.ts'
import { ERRORS, type ErrorCode } from '../src/errors/table.ts'
import type { RunEvent } from '../src/harness/events.ts'
import { startRun } from '../src/harness/start-run.ts'
import { createEc2Provider } from '../src/providers/ec2/ec2-provider.ts'
import { type AwsAccount, prepareAccount } from './support/aws-account.ts'
import { explainMissingEngine, startEngine } from './support/docker-engine.ts'
import { importAgentImage } from './support/docker-images.ts'
import { type FaultProxy, startFaultProxy } from './support/fault-proxy.ts'
import { Gates } from './support/gates.ts'
import { canBootInstances, type HypervisorOptions, startHypervisor } from './support/hypervisor.ts'
import { renderMachineWorkload } from './support/machine-workload.ts'
import { describeWithMoto, type Moto, startMoto } from './support/moto.ts'
import { ownAddress } from './support/own-address.ts'
import { type Finished, Sandbox } from './support/sandbox.ts'
import { World } from './support/world.ts'

const AGENT_IMAGE = 'radix-test-agent:troubleshooting'
const NOWHERE = 'http://127.0.0.1:9'
const DOCUMENT = join(import.meta.dirname, '..', 'docs', 'EC2.md')

/** Entry, cause and code of every test below, for comparison with the table. */
const covered: string[] = []

function answered(entry: string, cause: string, code: ErrorCode, proof: () => Promise<void>): void {
  covered.push(`${entry} | ${cause} | \`${code}\``)
  it(`${cause}: ${code}`, proof)
}

/** The other test names the code that it produces. */
function answeredIn(file: string, entry: string, cause: string, code: ErrorCode): void {
  answered(entry, cause, code, async () => {
    expect(await readFile(join(import.meta.dirname, file), 'utf8')).toContain(code)
  })
}

const obstacle = explainMissingEngine() ?? (canBootInstances() ? undefined : 'namespaces cannot be made here')
if (obstacle && process.env.CI) throw new Error(`CI must be able to boot instances: ${obstacle}`)
if (obstacle) process.stderr.write(`\n*** SKIPPED: machines that do not come up, for ${obstacle}. ***\n\n`)

describeWithMoto('troubleshooting', () => {
  let moto: Moto
  let proxy: FaultProxy
  let account: AwsAccount
  let server: TestServer
  let sandbox: Sandbox
  let token: string
  let env: Record<string, string>

  beforeAll(async () => {
    moto = await startMoto()
    proxy = await startFaultProxy(moto.url)
    env = { ...moto.env, AWS_ENDPOINT_URL: proxy.url }
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    account = await prepareAccount()
    server = await startTestServer({ host: ownAddress() })
    token = (await server.newTenant()).token
    sandbox = await Sandbox.create()
  })
  afterAll(async () => {
    await sandbox.remove()
    await server.close()
    await proxy.close()
    await moto.stop()
    vi.unstubAllEnvs()
  })
  afterEach(() => proxy.clear())

  /** `radix bench run` as a workflow starts it: from the environment, where missing secrets are empty. */
  async function bench(changes: Record<string, string> = {}, ...extra: string[]): Promise<Finished> {
    const { amiId = '', securityGroupId = '', subnetIds } = account.settings
    return sandbox.run(['bench', 'run', '--provider', 'ec2', '--json', ...extra], {
      ...env,
      RADIX_API_BASE: server.url,
      RADIX_TOKEN: token,
      BENCH_AMI_ID: amiId,
      BENCH_SUBNET_ID: subnetIds[0] ?? '',
      BENCH_SECURITY_GROUP_ID: securityGroupId,
      ...changes,
    })
  }

  describe('Failed to create cluster, Unauthorized', () => {
    const entry = 'Failed to create cluster, Unauthorized'
    async function expectRefused(code: ErrorCode, fix: RegExp, changes: Record<string, string>) {
      const { exitCode, stdout, stderr } = await bench(changes)
      expect(exitCode, stderr).toBe(ERRORS[code].exitCode)
      expect(JSON.parse(stdout)).toMatchObject({ error: { code, fix: expect.stringMatching(fix) } })
    }

    answered(entry, 'the token is not one of this control plane', 'AUTH_TOKEN_INVALID', () =>
      expectRefused('AUTH_TOKEN_INVALID', /radix auth token/, { RADIX_TOKEN: 'eyJhbGciOiJub25lIn0.e30.x' }),
    )
    answered(entry, 'the token has expired', 'AUTH_TOKEN_EXPIRED', async () => {
      const expired = await server.issuer.mintToken({ subject: 'tester', tenantId: 'tenant-1', ttlSeconds: -60 })
      await expectRefused('AUTH_TOKEN_EXPIRED', /radix auth token/, { RADIX_TOKEN: expired })
    })
    answered(entry, 'there is no token', 'AUTH_NOT_CONFIGURED', () =>
      expectRefused('AUTH_NOT_CONFIGURED', /RADIX_TOKEN/, { RADIX_TOKEN: '' }),
    )
    answered(entry, 'nothing answers at `api_base`', 'API_UNREACHABLE', () =>
      expectRefused('API_UNREACHABLE', /--api-base/, { RADIX_API_BASE: NOWHERE }),
    )
    answered(entry, '`api_base` is something else', 'API_UNEXPECTED_ANSWER', () =>
      expectRefused('API_UNEXPECTED_ANSWER', /is a Radix control plane/, { RADIX_API_BASE: `${moto.url}/moto-api` }),
    )
    // The four secrets, the user, the app client and the AWS right of the sign-in through Cognito.
    answeredIn('sign-in.test.ts', entry, 'not every Cognito secret is set', 'COGNITO_SETTINGS_MISSING')
    answeredIn('sign-in.test.ts', entry, 'the user name or password is wrong', 'COGNITO_PASSWORD_WRONG')
    answeredIn('sign-in.test.ts', entry, 'the user is not confirmed', 'COGNITO_USER_NOT_CONFIRMED')
    answeredIn('sign-in.test.ts', entry, 'the app client lacks the flow', 'COGNITO_FLOW_DISABLED')
    answeredIn('sign-in.test.ts', entry, 'the AWS role lacks `cognito-idp:AdminInitiateAuth`', 'COGNITO_ACCESS_DENIED')
  })

  describe('Failed to launch instance', () => {
    const entry = 'Failed to launch instance'
    /** Found before anything starts, and reported by the run in the same words. */
    async function expectFound(code: ErrorCode, message: RegExp, fix: RegExp, ...given: Parameters<typeof bench>) {
      const [changes, ...extra] = given
      const { exitCode, stdout, stderr } = await bench(changes, ...extra, '--dry-run')
      expect(exitCode, stderr).toBe(2)
      expect(JSON.parse(stdout).findings).toContainEqual({
        code,
        severity: 'error',
        message: expect.stringMatching(message),
        fix: expect.stringMatching(fix),
      })
    }
    const denyLaunch = (message: string) => {
      proxy.add({
        action: 'RunInstances',
        does: { answerWith: { status: 403, code: 'UnauthorizedOperation', message } },
      })
    }

    answered(entry, 'no `BENCH_*` secret is set, and the account is not set up', 'AWS_NETWORK_UNUSABLE', () => {
      const unset = { BENCH_AMI_ID: '', BENCH_SUBNET_ID: '', BENCH_SECURITY_GROUP_ID: '', AWS_REGION: 'eu-central-1' }
      const message = /There is no security group radix-benchmark/
      return expectFound('AWS_NETWORK_UNUSABLE', message, /radix aws init/, unset)
    })
    answered(entry, '`BENCH_AMI_ID` is not an AMI id', 'CONFIGURATION_INVALID', async () => {
      const { exitCode, stderr } = await bench({ BENCH_AMI_ID: 'Deep Learning AMI' })
      expect(exitCode).toBe(2)
      expect(stderr).toMatch(/CONFIGURATION_INVALID[\s\S]*Set BENCH_AMI_ID to an id such as ami-0123456789abcdef0/)
    })
    answered(entry, 'the AMI is not in the region', 'AWS_IMAGE_UNUSABLE', () =>
      expectFound('AWS_IMAGE_UNUSABLE', /ami-0abcdef1234567890 in us-west-2: there is no such image/, /--ami-id/, {
        BENCH_AMI_ID: 'ami-0abcdef1234567890',
      }),
    )
    answered(entry, 'the instance profile does not exist', 'AWS_PROFILE_UNUSABLE', () =>
      expectFound('AWS_PROFILE_UNUSABLE', /nobody: no instance profile has that name/, /radix aws init/, {
        BENCH_INSTANCE_PROFILE_NAME: 'nobody',
      }),
    )
    answered(entry, 'the role may not launch, or not pass the profile', 'AWS_ACCESS_DENIED', async () => {
      denyLaunch('User: arn:aws:sts::123456789012:assumed-role/ci is not authorized to perform: iam:PassRole')
      await expectFound('AWS_ACCESS_DENIED', /iam:PassRole/, /radix aws init/)
    })
    answered(entry, 'the subnet has no route to the internet', 'AWS_NETWORK_UNUSABLE', async () => {
      const BENCH_SUBNET_ID = await createClosedSubnet()
      const fix = new RegExp(`describe-route-tables .*${BENCH_SUBNET_ID}`)
      await expectFound('AWS_NETWORK_UNUSABLE', /has no route to the internet/, fix, { BENCH_SUBNET_ID })
    })
    answeredIn('ec2-provider.test.ts', entry, 'EC2 has no capacity', 'LAUNCH_CAPACITY')
    answeredIn('ec2-prices-and-quotas.test.ts', entry, 'the account has no quota left', 'AWS_QUOTA_EXCEEDED')
  })

  describe.skipIf(obstacle !== undefined)('Cluster did not become active within timeout', () => {
    const entry = 'Cluster did not become active within timeout'
    let dockerData: string
    beforeAll(async () => {
      dockerData = await mkdtemp(join(tmpdir(), 'radix-docker-data-'))
      const engine = await startEngine(dockerData)
      await importAgentImage(engine, AGENT_IMAGE)
      await engine.stop()
    })
    afterAll(() => rm(dockerData, { recursive: true, force: true }))

    /** With a secret on its console, which must not be shown. It gives up early. */
    const editUserData = (userData: string) =>
      userData
        .replace('# The dead-man timer', 'echo "password=correct-horse" >/dev/console\n# The dead-man timer')
        .replace('for attempt in 1 2 3 4 5 6', 'for attempt in 6')

    /**
     * A run whose machine does not come up. Time runs fast once the agent waits, until the step has no time left. The
     * explanation has its own time limit.
     */
    async function runInVain(machine: Partial<HypervisorOptions>, agentImage = AGENT_IMAGE) {
      const settings = { ...account.settings, agentImage }
      const world = await World.create(server, () => createEc2Provider({ settings }))
      const opt = { 'pytorch/bin/python3': renderMachineWorkload() }
      const directory = join(world.directory, 'instances')
      const { ec2 } = account.clients
      const hypervisor = startHypervisor({ ec2, directory, env, dockerData, opt, editUserData, ...machine })
      proxy.answer('GetConsoleOutput', async (form) => {
        const output = Buffer.from(await hypervisor.readConsole(form.get('InstanceId') ?? '')).toString('base64')
        return `<GetConsoleOutputResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><output>${output}</output></GetConsoleOutputResponse>`
      })
      const events: RunEvent[] = []
      let flight: NodeJS.Timeout | undefined
      let timeIsUpMs = 0
      const observe = (event: RunEvent) => {
        events.push(event)
        if (event.type === 'step-started' && event.step === 'await-cluster') {
          timeIsUpMs = world.clock.now().getTime() + HARNESS_LIMITS.awaitCluster.value
        }
        if (event.type === 'step-progress' && event.message.startsWith('boot: agent-started')) {
          flight ??= setInterval(() => {
            if (world.clock.now().getTime() > timeIsUpMs) clearInterval(flight)
            else if (!proxy.isBusy) world.clock.jump(60_000)
          }, 20)
        }
        if (event.type === 'undo-started') clearInterval(flight)
      }
      try {
        const config = world.config({ provider: 'ec2', machine: settings, trials: 1, ttlMinutes: 600 })
        const interrupt = new AbortController().signal
        const ports = world.startProcess()
        const outcome = await startRun({ config, runId: newId('run'), ports, observe, interrupt })
        expect(outcome).toMatchObject({ status: 'failed', pending: [], termination: { confirmed: true } })
        const log = events.flatMap((event) =>
          event.type === 'warning' && event.message.startsWith('The last lines') ? [event.message] : [],
        )
        expect(log).toHaveLength(1)
        expect(log[0]).toMatch(/RADIX_BOOT \{"phase":"armed"/)
        expect(log[0]).toContain('password=[redacted]')
        expect(JSON.stringify(events)).not.toMatch(/correct-horse|radix_ot_/)
        return outcome.error
      } finally {
        clearInterval(flight)
        proxy.clear()
        await hypervisor.close()
        await world.close()
      }
    }

    answered(entry, 'the machine has no route to the internet', 'MACHINE_ENDED', async () => {
      expect(await runInVain({ isOffline: true })).toMatchObject({
        code: 'MACHINE_ENDED',
        why: expect.stringMatching(/Likely cause: The machine cannot reach the internet.*no secret/),
        fix: expect.stringContaining('radix aws doctor'),
      })
    })
    answered(entry, 'the security group does not allow 443 out', 'AWS_NETWORK_UNUSABLE', async () => {
      const BENCH_SECURITY_GROUP_ID = await createClosedGroup()
      const { stdout } = await bench({ BENCH_SECURITY_GROUP_ID }, '--dry-run')
      expect(JSON.parse(stdout).findings).toContainEqual({
        code: 'AWS_NETWORK_UNUSABLE',
        severity: 'error',
        message: `Security group ${BENCH_SECURITY_GROUP_ID} does not allow outbound TCP 443.`,
        fix: expect.stringMatching(/authorize-security-group-egress .*--port 443/),
      })
    })
    answered(entry, 'the AMI has no Docker', 'MACHINE_ENDED', async () => {
      expect(await runInVain({ lacks: ['docker', 'apt-get'] })).toMatchObject({
        code: 'MACHINE_ENDED',
        why: expect.stringMatching(/Likely cause: The AMI has no working Docker/),
        fix: expect.stringContaining('Deep Learning AMI'),
      })
    })
    answered(entry, 'the agent image cannot be pulled', 'MACHINE_ENDED', async () => {
      expect(await runInVain({}, '127.0.0.1:9/no-such-image:1')).toMatchObject({
        code: 'MACHINE_ENDED',
        why: expect.stringMatching(/Likely cause: .*the agent image cannot be pulled/),
      })
    })
    answered(entry, 'the machine may not read its onboarding token', 'MACHINE_ENDED', async () => {
      const denied = { status: 400, code: 'AccessDeniedException', message: 'not authorized: ssm:GetParameter' }
      proxy.add({ action: 'GetParameter', does: { answerWith: denied } })
      expect(await runInVain({})).toMatchObject({
        code: 'MACHINE_ENDED',
        why: expect.stringMatching(/Likely cause: The machine may not read its secrets/),
        fix: expect.stringContaining('docs/IAM_POLICIES.md'),
      })
    })
    answered(entry, 'the agent does not reach the control plane', 'CLUSTER_NOT_ACTIVE_IN_TIME', async () => {
      const lost = (userData: string) =>
        editUserData(userData).replace(`api_base='${server.url}'`, `api_base='${NOWHERE}'`)
      expect(await runInVain({ editUserData: lost })).toMatchObject({
        code: 'CLUSTER_NOT_ACTIVE_IN_TIME',
        why: expect.stringMatching(/Likely cause: The agent runs but does not reach the control plane/),
        fix: expect.stringMatching(/radix aws doctor.*get-console-output/),
      })
    })
  })

  describe('Job did not complete within TTL', () => {
    const entry = 'Job did not complete within TTL'
    answered(entry, 'the benchmark takes longer than its TTL', 'JOB_NOT_COMPLETED_IN_TIME', async () => {
      const world = await World.create(server)
      try {
        const late = new Gates({ point: 'api launchJob trial-1', when: 'before', how: () => world.clock.jump(70_000) })
        const interrupt = new AbortController().signal
        const ports = world.startProcess(late)
        const config = world.config({ ttlMinutes: 1 })
        const outcome = await startRun({ config, runId: newId('run'), ports, observe: () => {}, interrupt })
        expect(outcome).toMatchObject({
          error: {
            code: 'JOB_NOT_COMPLETED_IN_TIME',
            fix: expect.stringMatching(/--ttl-minutes.*--epochs.*--batch-size.*faster machine/),
          },
        })
      } finally {
        await world.close()
      }
    })
  })

  describe('Instance termination failed', () => {
    const entry = 'Instance termination failed'
    answeredIn(
      'termination.test.ts',
      entry,
      'AWS does not terminate the machine, or does not confirm it',
      'TERMINATION_UNCONFIRMED',
    )
  })

  it('matches the table of docs/EC2.md', async () => {
    const [, section = ''] = (await readFile(DOCUMENT, 'utf8')).split('\n## When a machine does not come up\n')
    const rows = section.match(/^\| .* \| `[A-Z_]+` \| .* \|$/gm) ?? []
    const documented = rows.map((row) => row.split(' | ').slice(0, 3).join(' | ').replace(/^\| /, ''))
    expect(documented).toEqual(covered)
  })

  async function createClosedSubnet(): Promise<string> {
    const { ec2 } = account.clients
    const { Subnets = [] } = await ec2.send(
      new DescribeSubnetsCommand({ SubnetIds: account.settings.subnetIds.slice(0, 1) }),
    )
    const { VpcId, AvailabilityZone } = Subnets[0] ?? {}
    const created = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: '172.31.96.0/20', AvailabilityZone }))
    const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId }))
    const SubnetId = created.Subnet?.SubnetId
    await ec2.send(new AssociateRouteTableCommand({ SubnetId, RouteTableId: RouteTable?.RouteTableId }))
    return SubnetId ?? ''
  }

  async function createClosedGroup(): Promise<string> {
    const { ec2 } = account.clients
    const { Subnets = [] } = await ec2.send(
      new DescribeSubnetsCommand({ SubnetIds: account.settings.subnetIds.slice(0, 1) }),
    )
    const VpcId = Subnets[0]?.VpcId
    const { GroupId = '' } = await ec2.send(
      new CreateSecurityGroupCommand({ GroupName: `closed-${process.pid}`, Description: 'closed', VpcId }),
    )
    const everything = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }]
    await ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: everything }))
    return GroupId
  }
})
