/** The reproduce command of evidence, parsed by a shell and `radix bench run`, gives the same run. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import fc from 'fast-check'
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest'
import { EMBEDDED_API_BASE, parseRunConfig, type RunConfig, reproduceCommand } from '../../harness/config.ts'
import { parseEc2Settings } from '../../providers/ec2/settings.ts'
import { toSshSettings } from '../../providers/ssh/inventory.ts'
import { jobKindOf, WORKLOAD_NAMES, workloadOf } from '../../workloads/index.ts'
import type { Parameter } from '../../workloads/parameters.ts'
import { register } from './index.ts'
import type { RunOptions } from './run.ts'
import { toRunConfig } from './run-config.ts'

/** Paths, and settings that depend on where the command runs. */
const HERE = { dataDir: '/data', outputDirectory: '/out' }

beforeEach(() => vi.stubEnv('RADIX_API_BASE', ''))
afterEach(() => vi.unstubAllEnvs())

/** The words of each command, by one shell: starting it takes longer than the rest. */
function splitByShell(commands: readonly string[]): string[][] {
  const script = commands.map((command) => `set -- ${command}; printf '%s\\0' "$#" "$@"\n`).join('')
  const printed = execFileSync('sh', { input: script, encoding: 'utf8', timeout: 10_000 }).split('\0')
  return commands.map(() => printed.splice(0, Number(printed[0]) + 1).slice(1))
}

function parse(words: readonly string[]): RunConfig {
  expect(words.slice(0, 3)).toEqual(['radix', 'bench', 'run'])
  const bench = new Command('bench')
  register(bench)
  let given: RunOptions | undefined
  const run = bench.commands.find((each) => each.name() === 'run')
  run?.exitOverride().action((options) => {
    given = options
  })
  bench.exitOverride().parse(words.slice(2), { from: 'user' })
  if (!given) throw new Error('it is not read as a run')
  return { ...toRunConfig({ ...given, dataDir: HERE.dataDir }, {}, {}), outputDirectory: HERE.outputDirectory }
}

const int = (min: number, max: number) => fc.integer({ min, max })
const hexId = (prefix: string) =>
  fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 8, maxLength: 17 })
    .map((hex) => `${prefix}-${hex}`)
/** Any argument of a shell: quotes, spaces, newlines, dashes, `$(…)`. */
const text = (maxLength: number) =>
  fc
    .oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength }),
      fc.constantFrom("it's", '$(id)', '--trials', 'a\nb'),
    )
    .filter((word) => !word.includes('\0') && word.length <= maxLength)

function anyValueOf(parameter: Parameter): fc.Arbitrary<number | string | boolean> {
  switch (parameter.kind) {
    case 'whole':
      return int(parameter.minimum, parameter.maximum)
    case 'choice':
      return fc.constantFrom(...Object.keys(parameter.choices))
    case 'flag':
      return fc.boolean()
  }
}

const chosen = fc.constantFrom(...WORKLOAD_NAMES).chain((workload) => {
  const { parameters } = workloadOf(jobKindOf(workload))
  const params = Object.fromEntries(Object.entries(parameters).map(([name, each]) => [name, anyValueOf(each)]))
  return fc.record({ workload: fc.constant(workload), params: fc.record(params) })
})

const ids = {
  amiId: hexId('ami'),
  subnetIds: fc.array(hexId('subnet'), { maxLength: 3 }),
  securityGroupId: hexId('sg'),
  capacityReservationId: hexId('cr'),
}
const fallbackRegion = (region: string) =>
  fc.record({ region: fc.constant(region), ...ids }, { requiredKeys: ['region'] })
const machine = fc
  .record(
    {
      region: fc.constantFrom('us-west-2', 'ap-southeast-1'),
      fallbackRegions: fc
        .tuple(fallbackRegion('us-east-1'), fallbackRegion('eu-west-1'))
        .chain((regions) => fc.subarray(regions)),
      ...ids,
      instanceTypes: fc.uniqueArray(fc.constantFrom('g5.2xlarge', 'p4d.24xlarge', 'g6e.xlarge'), { minLength: 1 }),
      instanceProfileName: text(128),
      maxCostUsd: fc.double({ min: 0.01, max: 1_000_000, noNaN: true }),
      rootVolumeGib: int(20, 2000),
      agentImage: text(60),
      workloadImage: fc.option(text(60)),
    },
    { requiredKeys: [] },
  )
  // A reservation has no spot machines.
  .map((settings) => parseEc2Settings({ ...settings, spot: false }))

const directory = mkdtempSync(join(tmpdir(), 'radix-reproduce-'))
afterAll(() => rmSync(directory, { recursive: true }))
const inventory = join(directory, "it's the hosts.yaml")
writeFileSync(inventory, 'hosts: [{ name: gpu-1, user: bench }, { name: gpu-2 }]')
const sshMachines = [toSshSettings({ inventory }), toSshSettings({ inventory, host: 'gpu-2' })]

const common = {
  clusterName: text(100),
  trials: int(1, 100),
  ttlMinutes: fc.double({ min: 0.001, max: 1440, noNaN: true }),
  apiBase: fc.constantFrom(EMBEDDED_API_BASE, 'https://radix.example.com', 'http://10.0.0.1:8080/a?b=c&d=$e'),
  ...Object.fromEntries(Object.entries(HERE).map(([name, value]) => [name, fc.constant(value)])),
}
const config = fc
  .oneof(
    fc.record({ provider: fc.constant('local'), ...common }),
    fc.record({ provider: fc.constant('existing'), clusterId: text(64), ...common }),
    fc.record({ provider: fc.constant('ec2'), machine, ...common }),
    fc.record({ provider: fc.constant('ssh'), machine: fc.constantFrom(...sshMachines), ...common }),
  )
  .chain((each) => chosen.map((workload) => parseRunConfig({ ...each, ...workload })))

it('parses to the same configuration', () => {
  fc.assert(
    fc.property(fc.array(config, { minLength: 10, maxLength: 10 }), (given) => {
      expect(splitByShell(given.map(reproduceCommand)).map(parse)).toEqual(given)
    }),
    { numRuns: 20 },
  )
})
