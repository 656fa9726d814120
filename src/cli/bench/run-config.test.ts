import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ec2Settings, parseEc2Settings, splitByRegion } from '../../providers/ec2/settings.ts'
import { readBenchFile } from '../shared/ec2-options.ts'
import { toRunConfig } from './run-config.ts'

const base = { provider: 'ec2' as const, outputDir: '.', apiBase: 'https://radix.example.com', dataDir: '/data' }

describe('the configuration of a run on EC2', () => {
  it('has the defaults of the specification', () => {
    const config = toRunConfig({ provider: 'ec2', outputDir: '.', dataDir: '/data' }, {}, {})
    expect(config).toMatchObject({
      clusterName: 'ci-gpu-bench',
      ttlMinutes: 45,
      params: { epochs: 1, batch_size: 128 },
      machine: { region: 'us-west-2', instanceTypes: ['g5.2xlarge'], managedBy: 'radix' },
    })
  })

  it('has one meaning for --quick and --preset quick, on any provider', () => {
    for (const provider of ['local', 'ec2'] as const) {
      const where = { ...base, provider }
      expect(toRunConfig({ ...where, quick: true }, {}, {})).toEqual(toRunConfig({ ...where, preset: 'quick' }, {}, {}))
    }
    expect(toRunConfig({ ...base, quick: true }, {}, {}).params).toMatchObject({ batch_size: 64, allow_cpu: false })
    expect(toRunConfig({ ...base, provider: 'local', quick: true }, {}, {}).params).toMatchObject({ allow_cpu: true })
    const contradiction = () => toRunConfig({ ...base, quick: true, preset: 'extended' }, {}, {})
    expect(contradiction).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  it('refuses options of EC2 for other providers', () => {
    const parse = () => toRunConfig({ ...base, provider: 'local', instanceType: ['g5.xlarge'], spot: true }, {}, {})
    expect(parse).toThrow(expect.objectContaining({ code: 'USAGE' }))
    expect(parse).toThrow('Provider local does not read --instance-type, --spot')
    expect(toRunConfig({ ...base, provider: 'local' }, { instance_type: 'g5.xlarge' }, {}).machine).toEqual({})
  })

  it.each(['local', 'ec2'] as const)(
    'refuses an existing cluster for provider %s, which creates its own',
    (provider) => {
      const parse = () => toRunConfig({ ...base, provider, clusterId: 'cluster_1' }, {}, {})
      expect(parse).toThrow(
        `Provider ${provider} does not read --cluster-id: give --provider existing, or leave it out.`,
      )
      expect(toRunConfig({ ...base, provider: 'existing', clusterId: 'cluster_1' }, {}, {}).clusterId).toBe('cluster_1')
    },
  )

  it('prefers a flag to the environment, that to the file, and that to the preset', () => {
    const env = { BENCH_AMI_ID: 'ami-0000000000000002', BENCH_SUBNET_ID: 'subnet-00000001, subnet-00000002' }
    const file = { ami_id: 'ami-0000000000000003', security_group_id: 'sg-00000003', epochs: 7, ttl_minutes: 33 }
    const config = toRunConfig({ ...base, preset: 'extended', epochs: 9 }, file, env)
    expect(config).toMatchObject({
      ttlMinutes: 33,
      params: { epochs: 9, batch_size: 256 },
      machine: {
        amiId: 'ami-0000000000000002',
        subnetIds: ['subnet-00000001', 'subnet-00000002'],
        securityGroupId: 'sg-00000003',
        instanceTypes: ['g5.4xlarge'],
      },
    })
    expect(toRunConfig({ ...base, amiId: 'ami-0000000000000001' }, file, env).machine.amiId).toBe(
      'ami-0000000000000001',
    )
  })

  it('falls back to the regions of the flags, of the environment, or of the file, in this order', () => {
    const regions = (options: { fallbackRegion?: string[] }, env = {}) =>
      (toRunConfig({ ...base, ...options }, { fallback_regions: ['eu-west-1'] }, env).machine as Ec2Settings)
        .fallbackRegions
    const env = { BENCH_FALLBACK_REGIONS: 'us-east-1, us-east-2' }
    expect(regions({ fallbackRegion: ['eu-north-1'] }, env)).toEqual([{ region: 'eu-north-1', subnetIds: [] }])
    expect(regions({}, env).map(({ region }) => region)).toEqual(['us-east-1', 'us-east-2'])
    expect(regions({}, { BENCH_FALLBACK_REGIONS: ' ' }).map(({ region }) => region)).toEqual(['eu-west-1'])
    expect(toRunConfig(base, {}, {}).machine.fallbackRegions).toEqual([])
  })

  it('gives a fallback region its own ids from the file, and none of the first region', () => {
    const own = {
      aws_region: 'us-east-1',
      ami_id: 'ami-0000000000000009',
      subnet_id: 'subnet-00000009,subnet-00000008',
    }
    const file = { fallback_regions: [own, 'us-east-2'] }
    const env = {
      BENCH_AMI_ID: 'ami-0000000000000001',
      BENCH_SECURITY_GROUP_ID: 'sg-00000001',
      BENCH_SUBNET_ID: 'subnet-00000001',
    }
    const { machine } = toRunConfig({ ...base, instanceType: ['g5.xlarge'] }, file, env)
    const shared = { instanceTypes: ['g5.xlarge'], fallbackRegions: [] }
    const [first, second, third] = splitByRegion(parseEc2Settings(machine))
    expect(first).toMatchObject({
      ...shared,
      region: 'us-west-2',
      amiId: 'ami-0000000000000001',
      securityGroupId: 'sg-00000001',
    })
    expect(second).toMatchObject({
      ...shared,
      amiId: 'ami-0000000000000009',
      subnetIds: ['subnet-00000009', 'subnet-00000008'],
    })
    expect(second).not.toHaveProperty('securityGroupId')
    expect(third).toMatchObject({ ...shared, region: 'us-east-2', subnetIds: [] })
    expect(third).not.toHaveProperty('amiId')
  })

  it('ignores secrets that were not set, which arrive as empty strings', () => {
    const config = toRunConfig(base, {}, { BENCH_AMI_ID: '', BENCH_SUBNET_ID: ' ', AWS_REGION: '' })
    expect(config.machine).toMatchObject({ region: 'us-west-2', subnetIds: [] })
    expect(config.machine).not.toHaveProperty('amiId')
  })

  it('tags launches of a workflow as the specification requires', () => {
    expect(toRunConfig(base, {}, { GITHUB_ACTIONS: 'true' }).machine.managedBy).toBe('github-actions')
  })

  it.each([
    [{ amiId: 'ami-xyz' }, '--ami-id is "ami-xyz"'],
    [{ awsRegion: 'Oregon' }, '--aws-region is "Oregon"'],
    [{ fallbackRegion: ['Virginia'] }, '--fallback-region is "Virginia"'],
    [{ fallbackRegion: ['us-west-2'] }, 'us-west-2 is listed twice'],
    [{ fallbackRegion: ['us-east-1', 'us-east-1'] }, 'us-east-1 is listed twice'],
    [{ instanceType: ['huge'] }, '--instance-type is "huge"'],
  ])('names the error in %j', (options, setting) => {
    const parse = () => toRunConfig({ ...base, ...options }, {}, {})
    expect(parse).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }))
    expect(parse).toThrow(setting)
  })
})

it('names the variable or the member of the file with an invalid value', () => {
  expect(() => toRunConfig(base, {}, { BENCH_AMI_ID: 'ami-xyz' })).toThrow('BENCH_AMI_ID is "ami-xyz"')
  expect(() => toRunConfig(base, { security_group_id: 'mine' }, {})).toThrow('security_group_id is "mine"')
})

describe('a configuration file', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'radix-config-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  it.each([
    ['{"instance_typo": "g5.xlarge"}', /instance_typo/],
    ['{"epochs": "many"}', /epochs in .*bench.json is "many"/],
    ['{"batch_size": 99999999}', /batch_size in .*bench.json is 99999999/],
    ['{"ttl_minutes": 0}', /ttl_minutes in .*bench.json is 0/],
    ['{"trials": 101}', /trials/],
    ['{"max_cost_usd": -1}', /max_cost_usd/],
    ['{"root_volume_gib": 1e9}', /root_volume_gib/],
    ['{"fallback_regions": [{"ami_id": "ami-0000000000000001"}]}', /fallback_regions/],
    ['{"fallback_regions": "us-east-1"}', /fallback_regions/],
    ['{', /JSON/],
  ])('that holds %s is refused with the reason', (text, reason) => {
    const path = join(directory, 'bench.json')
    writeFileSync(path, text)
    expect(() => readBenchFile(path)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }))
    expect(() => readBenchFile(path)).toThrow(reason)
  })

  it('may begin with a byte order mark', () => {
    const path = join(directory, 'bench.json')
    writeFileSync(path, '\ufeff{"epochs": 3}')
    expect(readBenchFile(path)).toEqual({ epochs: 3 })
  })

  it('that does not exist is named', () => {
    expect(() => readBenchFile(join(directory, 'nowhere.json'))).toThrow(/nowhere\.json/)
  })
})
