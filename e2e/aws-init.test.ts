/** `radix aws init` and `radix aws destroy`, against moto through the real AWS SDK. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  EC2Client,
  RevokeSecurityGroupEgressCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateAccessKeyCommand,
  CreateInstanceProfileCommand,
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListOpenIDConnectProvidersCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
} from '@aws-sdk/client-iam'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { describeWithMoto, MOTO_REGION, type Moto, startMoto } from './support/moto.ts'
import { runRadixHere } from './support/radix-here.ts'
import { type Finished, Sandbox } from './support/sandbox.ts'

const REPOSITORY = 'iangreen74/radix'
const ROLE = 'radix-benchmark-role'
const PROFILE = 'radix-benchmark-instance-profile'
const GITHUB_ROLE = 'radix-benchmark-github'
const GROUP = 'radix-benchmark-sg'
const ALL = ['init', '--github-repository', REPOSITORY, '--private']

interface Report {
  dry_run: boolean
  resources: { kind: string; name: string; state: string; differences: string[]; change: string | null }[]
  secrets: Record<string, string>
}

describeWithMoto('radix aws', () => {
  let moto: Moto
  let sandbox: Sandbox
  let ec2: EC2Client
  let iam: IAMClient

  beforeAll(async () => {
    moto = await startMoto()
    const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' }
    ec2 = new EC2Client({ region: MOTO_REGION, endpoint: moto.url, credentials })
    iam = new IAMClient({ region: MOTO_REGION, endpoint: moto.url, credentials })
  })
  afterAll(() => moto.stop())
  beforeEach(async () => {
    await moto.reset()
    sandbox = await Sandbox.create()
  })
  afterEach(() => sandbox.remove())

  const aws = (argv: readonly string[], env: Record<string, string> = {}): Promise<Finished> =>
    runRadixHere(['aws', ...argv], { ...sandbox.environment, ...moto.env, ...env })

  async function report(argv: readonly string[]): Promise<Report> {
    const { exitCode, stdout, stderr } = await aws([...argv, '--json'])
    expect(exitCode, stderr).toBe(0)
    return JSON.parse(stdout)
  }

  async function states(argv: readonly string[]): Promise<string[]> {
    return (await report(argv)).resources.map(({ state }) => state)
  }

  const machineGroup = async () => {
    const filters = [{ Name: 'group-name', Values: [GROUP] }]
    const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters: filters }))
    return SecurityGroups[0]
  }
  const roleNames = async () => ((await iam.send(new ListRolesCommand({}))).Roles ?? []).map(({ RoleName }) => RoleName)
  const policyOf = async (RoleName: string, PolicyName: string) =>
    decodeURIComponent((await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))).PolicyDocument ?? '')

  it('creates everything in an empty account, and names the secrets to set', async () => {
    const { resources, secrets } = await report(ALL)
    expect(resources.map(({ kind, name, state, change }) => `${kind} ${name}: ${state}, ${change}`)).toEqual([
      'security group radix-benchmark-sg: missing, created',
      'role radix-benchmark-role: missing, created',
      'instance profile radix-benchmark-instance-profile: missing, created',
      'security group radix-benchmark-endpoints: missing, created',
      'VPC endpoint radix-benchmark-ssm: missing, created',
      'VPC endpoint radix-benchmark-ssmmessages: missing, created',
      'VPC endpoint radix-benchmark-ec2messages: missing, created',
      'OIDC provider token.actions.githubusercontent.com: missing, created',
      'role radix-benchmark-github: missing, created',
    ])
    const group = await machineGroup()
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}))
    expect(secrets).toEqual({
      BENCH_SUBNET_ID: expect.stringMatching(/^subnet-[0-9a-f]+(,subnet-[0-9a-f]+)*$/),
      BENCH_SECURITY_GROUP_ID: group?.GroupId,
      BENCH_INSTANCE_PROFILE_NAME: PROFILE,
      AWS_ROLE_TO_ASSUME_ARN: `arn:aws:iam::123456789012:role/${GITHUB_ROLE}`,
    })
    expect(secrets.BENCH_SUBNET_ID?.split(',').sort()).toEqual(Subnets.map(({ SubnetId }) => SubnetId).sort())
    expect(group?.IpPermissions).toEqual([])
    expect(group?.IpPermissionsEgress).toMatchObject([
      { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
    ])
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: GITHUB_ROLE }))
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toContain(`"repo:${REPOSITORY}:*"`)
    expect(Role?.MaxSessionDuration).toBe(7200)
  })

  it('creates no role for GitHub, and nothing that costs money, unless asked to', async () => {
    const { resources, secrets } = await report(['init'])
    expect(resources.map(({ name }) => name)).toEqual([GROUP, ROLE, PROFILE])
    expect(secrets).not.toHaveProperty('AWS_ROLE_TO_ASSUME_ARN')
    expect((await ec2.send(new DescribeVpcEndpointsCommand({}))).VpcEndpoints).toEqual([])
  })

  it('changes nothing the second time', async () => {
    await report(ALL)
    const again = await report(ALL)
    expect(again.resources.map(({ state, change }) => [state, change])).toEqual(Array(9).fill(['exists', null]))
    expect((await aws(ALL)).stderr).toContain('Nothing was changed')
  })

  it('changes nothing in a dry run, and shows what is missing', async () => {
    const { stdout, stderr, exitCode } = await aws([...ALL, '--dry-run'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/security group +radix-benchmark-sg +is missing/)
    expect(stderr).toContain('dry run')
    expect(await states([...ALL, '--dry-run'])).toEqual(Array(9).fill('missing'))
    expect(await machineGroup()).toBeUndefined()
    expect(await roleNames()).toEqual([])
  })

  it('continues where an interrupted one stopped', async () => {
    await report(['init'])
    expect(await states(ALL)).toEqual([...Array(3).fill('exists'), ...Array(6).fill('missing')])
    expect(await states(ALL)).toEqual(Array(9).fill('exists'))
  })

  it('shows and corrects what was changed by hand', async () => {
    const { secrets } = await report(ALL)
    const GroupId = secrets.BENCH_SECURITY_GROUP_ID
    const https = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }
    const ssh = { ...https, FromPort: 22, ToPort: 22 }
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [ssh] }))
    await ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: [https] }))
    const admin = 'arn:aws:iam::aws:policy/AdministratorAccess'
    await iam.send(new AttachRolePolicyCommand({ RoleName: ROLE, PolicyArn: admin }))
    const everything = { Effect: 'Allow', Action: '*', Resource: '*' }
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [everything] })
    await iam.send(new PutRolePolicyCommand({ RoleName: GITHUB_ROLE, PolicyName: 'radix-benchmark', PolicyDocument }))
    const profile = { InstanceProfileName: PROFILE, RoleName: ROLE }
    await iam.send(new RemoveRoleFromInstanceProfileCommand(profile))

    const { resources } = await report(ALL)
    expect(Object.fromEntries(resources.filter(({ change }) => change).map((r) => [r.name, r.differences]))).toEqual({
      [GROUP]: ['allows inbound tcp 22 (0.0.0.0/0)', 'does not allow outbound tcp 443 (0.0.0.0/0)'],
      [ROLE]: [`has ${admin}, which Radix did not attach`],
      [PROFILE]: ['has no role'],
      [GITHUB_ROLE]: ['its policy radix-benchmark differs'],
    })
    expect(await states(ALL)).toEqual(Array(9).fill('exists'))
    expect((await machineGroup())?.IpPermissions).toEqual([])
  })

  it('moves the role to another repository when asked to', async () => {
    await report(ALL)
    const { resources } = await report(['init', '--github-repository', 'someone/else'])
    expect(resources.at(-1)).toMatchObject({ name: GITHUB_ROLE, state: 'differs', change: 'corrected' })
  })

  it('uses the given VPC and subnets, and lets workflows launch only into them', async () => {
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}))
    const [subnet, other] = Subnets.map(({ SubnetId = '' }) => SubnetId)
    const { secrets } = await report(['init', '--subnet-id', subnet ?? '', '--github-repository', REPOSITORY])
    expect(secrets.BENCH_SUBNET_ID).toBe(subnet)
    const policy = await policyOf(GITHUB_ROLE, 'radix-benchmark')
    expect(policy).toContain(`subnet/${subnet}`)
    expect(policy).not.toContain(`subnet/${other}`)
  })

  it('prepares a fallback region, lets workflows launch there as well, and destroys it all', async () => {
    const [Name, region] = ['aws:RequestedRegion', 'us-east-1']
    const both = [...ALL, '--fallback-region', region]
    await report(ALL)
    expect(await policyOf(GITHUB_ROLE, 'radix-benchmark')).toContain(`"${Name}":["us-west-2"]`)
    const { resources, secrets } = await report(both)
    expect(
      resources.filter(({ change }) => change).map(({ kind, name, change }) => `${kind} ${name}: ${change}`),
    ).toEqual([
      'security group in us-east-1 radix-benchmark-sg: created',
      'security group in us-east-1 radix-benchmark-endpoints: created',
      'VPC endpoint in us-east-1 radix-benchmark-ssm: created',
      'VPC endpoint in us-east-1 radix-benchmark-ssmmessages: created',
      'VPC endpoint in us-east-1 radix-benchmark-ec2messages: created',
      'role radix-benchmark-github: corrected',
    ])
    expect(secrets).toMatchObject({ BENCH_FALLBACK_REGIONS: region, BENCH_SECURITY_GROUP_ID: expect.any(String) })
    const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' }
    const elsewhere = new EC2Client({ region, endpoint: moto.url, credentials })
    const filters = [{ Name: 'group-name', Values: [`${GROUP}*`] }]
    const groupsElsewhere = async () =>
      (await elsewhere.send(new DescribeSecurityGroupsCommand({ Filters: filters }))).SecurityGroups ?? []
    const { Subnets = [] } = await elsewhere.send(new DescribeSubnetsCommand({}))
    const policy = await policyOf(GITHUB_ROLE, 'radix-benchmark')
    expect(policy).toContain(`"${Name}":["us-west-2","us-east-1"]`)
    expect(Subnets.length).toBeGreaterThan(0)
    for (const { SubnetId } of Subnets) expect(policy).toContain(`us-east-1:123456789012:subnet/${SubnetId}`)
    expect(await states(both)).toEqual(Array(14).fill('exists'))

    const [group] = await groupsElsewhere()
    expect((await aws(['destroy'])).stderr).toMatch(
      new RegExp(`are in ${region}: ${group?.GroupId}.*--fallback-region`),
    )
    const destroyed = await aws(['destroy', '--yes', '--fallback-region', region])
    expect(destroyed.stderr).toMatch(/14 of 14 removed.*found nothing left/)
    expect(destroyed.stderr).not.toContain('More resources of Radix')
    expect(await groupsElsewhere()).toEqual([])
    expect(await roleNames()).toEqual([])
  })

  it.each([
    [['--fallback-region', 'us-west-2'], 'CONFIGURATION_INVALID'],
    [['--subnet-id', 'subnet-0123456789abcdef0'], 'AWS_NETWORK_UNUSABLE'],
    [['--vpc-id', 'vpc-0123456789abcdef0'], 'AWS_NETWORK_UNUSABLE'],
    [['--region', 'nowhere'], 'CONFIGURATION_INVALID'],
    [['--github-repository', 'owner/*'], 'USAGE'],
    [['--gh'], 'USAGE'],
  ])('refuses %j before it creates anything', async (options, code) => {
    const finished = await aws(['init', ...options])
    expect(finished.stderr).toContain(code)
    expect(finished.exitCode).toBe(2)
    expect(await roleNames()).toEqual([])
  })

  it('refuses foreign resources of the same name, changes nothing, and never deletes them', async () => {
    const [subnet] = (await ec2.send(new DescribeSubnetsCommand({}))).Subnets ?? []
    const group = { GroupName: GROUP, Description: 'of somebody', VpcId: subnet?.VpcId }
    await ec2.send(new CreateSecurityGroupCommand(group))
    await iam.send(new CreateRoleCommand({ RoleName: ROLE, AssumeRolePolicyDocument: '{}' }))
    const finished = await aws(ALL)
    expect(finished.exitCode).toBe(2)
    // The group is usable as it is; the role lacks rights that machines need.
    expect(finished.stderr).toMatch(/AWS_RESOURCE_NOT_OURS(.|\n)*: role radix-benchmark-role/)
    expect(finished.stderr).not.toMatch(/ManagedBy=radix: security group/)
    expect(await roleNames()).toEqual([ROLE])

    const destroyed = await aws(['destroy', '--yes'])
    expect(destroyed.stdout).toMatch(/radix-benchmark-role +not created by Radix .*kept/)
    expect(destroyed.stderr).toContain('Nothing created by Radix was found')
    expect(destroyed.exitCode).toBe(0)
    expect(await roleNames()).toEqual([ROLE])
    expect((await machineGroup())?.Description).toBe('of somebody')
  })

  it('uses a set-up made by hand, as the specification describes it, without changes', async () => {
    const [subnet] = (await ec2.send(new DescribeSubnetsCommand({}))).Subnets ?? []
    await ec2.send(new CreateSecurityGroupCommand({ GroupName: GROUP, Description: 'by hand', VpcId: subnet?.VpcId }))
    await iam.send(new CreateRoleCommand({ RoleName: ROLE, AssumeRolePolicyDocument: '{}' }))
    const PolicyArn = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore'
    await iam.send(new AttachRolePolicyCommand({ RoleName: ROLE, PolicyArn }))
    const { resources } = await report(['init', '--github-repository', 'iangreen74/radix'])
    const stateOf = (kind: string, name: string) =>
      resources.find((each) => each.kind === kind && each.name === name)?.state
    expect(stateOf('security group', GROUP)).toBe('shared')
    expect(stateOf('role', ROLE)).toBe('shared')
    const group = await machineGroup()
    expect(await policyOf(GITHUB_ROLE, 'radix-benchmark')).toContain(`security-group/${group?.GroupId}`)
  })

  it('lets workflows pass the role of an instance profile made by hand', async () => {
    const InstanceProfileName = PROFILE
    const RoleName = 'gpu-machines'
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: '{}' }))
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }))
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }))
    await report(['init', '--github-repository', 'iangreen74/radix'])
    const policy = await policyOf(GITHUB_ROLE, 'radix-benchmark')
    expect(policy).toContain(`:role/${RoleName}"`)
    expect(policy).not.toContain(`:role/${ROLE}"`)
  })

  it('never widens a trust policy that was narrowed', async () => {
    const narrowed = ['init', '--github-repository', 'iangreen74/radix', '--ref', 'refs/heads/main']
    await report(narrowed)
    const trust = async () =>
      decodeURIComponent(
        (await iam.send(new GetRoleCommand({ RoleName: GITHUB_ROLE }))).Role?.AssumeRolePolicyDocument ?? '',
      )
    expect(await trust()).toContain('repo:iangreen74/radix:ref:refs/heads/main')
    await report(['init', '--github-repository', 'iangreen74/radix'])
    expect(await trust()).not.toContain('radix:*')
    const wider = await aws([...narrowed, '--ref', 'refs/heads/release'])
    expect(wider.stderr).toContain('AWS_ROLE_TRUST_NARROWER')
    expect(await trust()).not.toContain('release')
  })

  it('uses a foreign OIDC provider for GitHub without changes, and never deletes it', async () => {
    const Url = 'https://token.actions.githubusercontent.com'
    await iam.send(new CreateOpenIDConnectProviderCommand({ Url, ClientIDList: ['sts.amazonaws.com'] }))
    const { resources } = await report(ALL)
    expect(resources.find(({ kind }) => kind === 'OIDC provider')).toMatchObject({ state: 'shared', change: null })
    expect((await aws(['destroy', '--yes'])).exitCode).toBe(0)
    const { OpenIDConnectProviderList } = await iam.send(new ListOpenIDConnectProvidersCommand({}))
    expect(OpenIDConnectProviderList).toHaveLength(1)
  })

  it('refuses a foreign OIDC provider that does not accept the audience of AWS', async () => {
    const Url = 'https://token.actions.githubusercontent.com'
    await iam.send(new CreateOpenIDConnectProviderCommand({ Url, ClientIDList: ['somewhere-else'] }))
    expect((await aws(ALL)).stderr).toContain('AWS_RESOURCE_NOT_OURS')
  })

  it('destroys all resources of Radix and no others, and only after confirmation', async () => {
    const before = await describeAccount()
    await report(ALL)
    await iam.send(new CreateRoleCommand({ RoleName: 'of-somebody', AssumeRolePolicyDocument: '{}' }))
    expect((await aws(['destroy'])).stderr).toContain('Nothing was changed')
    expect((await aws(['destroy', '--yes', '--dry-run'])).stderr).toContain('Nothing was changed')
    expect(await states([...ALL, '--dry-run'])).toEqual(Array(9).fill('exists'))

    expect((await aws(['destroy', '--yes'])).stderr).toContain('9 of 9 removed')
    expect(await describeAccount()).toEqual({ ...before, roles: ['of-somebody'] })
    expect((await aws(['destroy', '--yes'])).stderr).toContain('Nothing created by Radix was found')
  })

  async function describeAccount() {
    const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}))
    const { VpcEndpoints = [] } = await ec2.send(new DescribeVpcEndpointsCommand({}))
    const { OpenIDConnectProviderList } = await iam.send(new ListOpenIDConnectProvidersCommand({}))
    return {
      groups: SecurityGroups.map(({ GroupId }) => GroupId).sort(),
      // AWS still lists a deleted one for a while.
      endpoints: VpcEndpoints.filter(({ State }) => !/^delet/i.test(State ?? '')).map(
        (endpoint) => endpoint.VpcEndpointId,
      ),
      providers: OpenIDConnectProviderList,
      roles: await roleNames(),
    }
  }

  it('destroys nothing while machines of runs exist', async () => {
    await report(['init'])
    const tags = [
      { Key: 'ManagedBy', Value: 'github-actions' },
      { Key: 'radix:run-id', Value: 'run_1' },
    ]
    const { Instances = [] } = await ec2.send(
      new RunInstancesCommand({
        ImageId: 'ami-12c6146b',
        MinCount: 1,
        MaxCount: 1,
        TagSpecifications: [{ ResourceType: 'instance', Tags: tags }],
      }),
    )
    const [id = ''] = Instances.map(({ InstanceId }) => InstanceId ?? '')
    const refused = await aws(['destroy', '--yes'])
    expect(refused.stderr).toMatch(new RegExp(`AWS_RESOURCE_IN_USE(.|\n)*${id}`))
    expect(await states(['init', '--dry-run'])).toEqual(Array(3).fill('exists'))
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
    expect((await aws(['destroy', '--yes'])).exitCode).toBe(0)
  })

  it('keeps an OIDC provider that other roles rely on, deletes the rest, and says so', async () => {
    await report(ALL)
    const arn = 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com'
    const trust = JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: { Federated: arn } }] })
    await iam.send(new CreateRoleCommand({ RoleName: 'deploys', AssumeRolePolicyDocument: trust }))
    const finished = await aws(['destroy', '--yes'])
    expect(finished.stderr).toMatch(/8 of 9 removed(.|\n)*AWS_RESOURCE_IN_USE(.|\n)*deploys/)
    expect(finished.exitCode).toBe(1)
    expect(await roleNames()).toEqual(['deploys'])
  })

  it('sets the secrets with gh: names as arguments, values through stdin', async () => {
    const path = await fakeGh('cat > "$GH_LOG.$3.value"; echo "$@" >> "$GH_LOG"')
    const log = join(sandbox.directory, 'gh.log')
    const env = { PATH: `${path}:${process.env.PATH}`, GH_LOG: log }
    expect((await aws(['init', '--github-repository', REPOSITORY, '--gh', '--dry-run'], env)).exitCode).toBe(0)
    await expect(readFile(log)).rejects.toThrow('ENOENT')
    expect((await aws(['init', '--github-repository', REPOSITORY, '--gh'], env)).exitCode).toBe(0)
    expect((await readFile(log, 'utf8')).trim().split('\n')).toEqual(
      ['BENCH_SUBNET_ID', 'BENCH_SECURITY_GROUP_ID', 'BENCH_INSTANCE_PROFILE_NAME', 'AWS_ROLE_TO_ASSUME_ARN'].map(
        (name) => `secret set ${name} --repo ${REPOSITORY}`,
      ),
    )
    expect(await readFile(`${log}.BENCH_INSTANCE_PROFILE_NAME.value`, 'utf8')).toBe(PROFILE)
  })

  it('shows the error of gh when it cannot set a secret', async () => {
    const path = await fakeGh('echo "You are not logged in" >&2; exit 4')
    const finished = await aws(['init', '--github-repository', REPOSITORY, '--gh'], {
      PATH: `${path}:${process.env.PATH}`,
    })
    expect(finished.stderr).toMatch(/GITHUB_SECRET_NOT_SET(.|\n)*not logged in/)
    expect(finished.exitCode).toBe(1)
  })

  async function fakeGh(script: string): Promise<string> {
    const folder = join(sandbox.directory, 'bin')
    await mkdir(folder)
    await writeFile(join(folder, 'gh'), `#!/bin/sh\n${script}\n`)
    await chmod(join(folder, 'gh'), 0o755)
    return folder
  }
})

describeWithMoto('radix aws, as a user with few rights', () => {
  it('names the missing permission, and continues from there once it is granted', async () => {
    const moto = await startMoto()
    const sandbox = await Sandbox.create()
    try {
      const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' }
      const iam = new IAMClient({ region: MOTO_REGION, endpoint: moto.url, credentials })
      const UserName = 'somebody'
      const allow = (Action: string[]) => {
        const Statement = [{ Effect: 'Allow', Action, Resource: '*' }]
        const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
        return new PutUserPolicyCommand({ UserName, PolicyName: 'rights', PolicyDocument })
      }
      await iam.send(new CreateUserCommand({ UserName }))
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
      // From now on with the user's own key, so that policies apply.
      const own = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
      await iam.send(allow(['ec2:*', 'iam:Get*', 'iam:List*', 'iam:PutUserPolicy', 'ssm:*', 'sts:*']))
      await moto.enforcePolicies()
      const env = { ...moto.env, AWS_ACCESS_KEY_ID: own.accessKeyId, AWS_SECRET_ACCESS_KEY: own.secretAccessKey }

      const denied = await sandbox.run(['aws', 'init'], env)
      expect(denied.stderr).toMatch(
        /created security group radix-benchmark(.|\n)*AWS_ACTION_DENIED(.|\n)*iam:CreateRole/,
      )
      expect(denied.exitCode).toBe(4)

      const ofUser = new IAMClient({ region: MOTO_REGION, endpoint: moto.url, credentials: own })
      await ofUser.send(allow(['ec2:*', 'iam:*', 'ssm:*', 'sts:*']))
      const allowed = await sandbox.run(['aws', 'init'], env)
      expect(allowed.stdout).toMatch(/security group +radix-benchmark-sg +exists/)
      expect(allowed.exitCode, allowed.stderr).toBe(0)

      const look = ['ec2:DescribeSecurityGroups', 'ec2:DescribeVpcEndpoints', 'iam:Get*', 'iam:List*', 'sts:*']
      await ofUser.send(allow(look))
      const shown = await sandbox.run(['aws', 'destroy'], env)
      expect(shown.stderr).toMatch(/Could not check other regions: .*ec2:DescribeRegions/)
      expect(shown.stdout).toContain(ROLE)
      expect(shown.exitCode, shown.stderr).toBe(0)
    } finally {
      await sandbox.remove()
      await moto.stop()
    }
  })

  it('reports missing credentials, and credentials that AWS does not know', async () => {
    const sandbox = await Sandbox.create()
    const moto = await startMoto()
    try {
      const none = { ...moto.env, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }
      expect((await sandbox.run(['aws', 'init'], none)).stderr).toContain('AWS_CREDENTIALS_INVALID')
      await moto.enforcePolicies()
      const unknown = await sandbox.run(['aws', 'init'], moto.env)
      expect(unknown.stderr).toContain('AWS_CREDENTIALS_INVALID')
      expect(unknown.exitCode).toBe(4)
    } finally {
      await sandbox.remove()
      await moto.stop()
    }
  })
})
