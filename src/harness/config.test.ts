import { describe, expect, it } from 'vitest'
import { evidenceDirectory, parseRunConfig, type RunConfigInput, reproduceCommand } from './config.ts'

const given: RunConfigInput = {
  provider: 'local',
  apiBase: 'embedded',
  dataDir: '/data',
  outputDirectory: '/out',
}

describe('the configuration of a run', () => {
  it('has the defaults of the specification', () => {
    expect(parseRunConfig(given)).toMatchObject({
      clusterName: 'ci-gpu-bench',
      ttlMinutes: 45,
      trials: 1,
      params: { epochs: 1, batch_size: 128, steps_per_epoch: 200, image_size: 224, recipe: 'reference' },
    })
  })

  it.each([
    [{ trials: 0 }, '--trials is 0'],
    [{ ttlMinutes: -1 }, '--ttl-minutes is -1'],
    [{ apiBase: 'radix.example.com' }, '--api-base is "radix.example.com"'],
    [{ params: { epochs: 0 } }, '--epochs is 0'],
    [{ params: { batch_size: 99_999_999 } }, '--batch-size is 99999999: Too big: expected number to be <=65536'],
    [{ clusterName: 'x'.repeat(101) }, '--cluster-name'],
    [{ provider: 'moon' }, 'provider'],
  ])('names the error in %j', (change, setting) => {
    const parse = () => parseRunConfig({ ...given, ...change })
    expect(parse).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }))
    expect(parse).toThrow(setting)
    expect(parse).not.toThrow(expect.objectContaining({ cause: expect.anything() }))
  })

  it('names the evidence folder by instance type or provider, and by run number or id', () => {
    const config = parseRunConfig(given)
    expect(evidenceDirectory(config, 'run_1', null)).toBe('/out/benchmark-evidence-local-run_1')
    const numbered = { ...config, runNumber: '../42' }
    expect(evidenceDirectory(numbered, 'run_1', 'g5.2xlarge')).toBe('/out/benchmark-evidence-g5.2xlarge-.._42')
  })

  it('can be reproduced as a command', () => {
    const config = parseRunConfig({ ...given, clusterName: "it's mine", params: { allow_cpu: true, batch_size: 64 } })
    expect(reproduceCommand(config)).toBe(
      "radix bench run --provider local --cluster-name 'it'\\''s mine' --trials 1 --epochs 1 --batch-size 64 " +
        '--steps-per-epoch 200 --image-size 224 --warmup-steps 10 --recipe reference --seed 0 --allow-cpu --ttl-minutes 45',
    )
  })

  it('can be reproduced with its machine', () => {
    const fallbackRegions = [
      { region: 'us-east-1', subnetIds: [] },
      { region: 'us-east-2', subnetIds: [] },
    ]
    const machine = { region: 'us-west-2', subnetIds: [], fallbackRegions, instanceTypes: ['g5.xlarge', 'g5.2xlarge'] }
    expect(reproduceCommand(parseRunConfig({ ...given, provider: 'ec2', machine }))).toContain(
      ' --aws-region us-west-2 --fallback-region us-east-1 us-east-2 --instance-type g5.xlarge g5.2xlarge --cluster-name ',
    )
  })
})
