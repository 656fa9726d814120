/** A default is written once, in its schema: documents, help and the Action's inputs show that one. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { register } from '../src/cli/bench/index.ts'
import { PRESETS } from '../src/cli/bench/presets.ts'
import { DEFAULT_SETTINGS } from '../src/control-plane/app.ts'
import { SETTINGS } from '../src/core/settings.ts'
import { parseRunConfig } from '../src/harness/config.ts'
import { DEFAULT_NAMES } from '../src/providers/ec2/names.ts'
import { parseEc2Settings } from '../src/providers/ec2/settings.ts'

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8')
const run = parseRunConfig({ provider: 'local', apiBase: 'embedded', dataDir: '/data', outputDirectory: '/out' })
const ec2 = parseEc2Settings({})

/** By the names of a configuration file. */
const DEFAULTS: Record<string, string> = {
  aws_region: ec2.region,
  instance_type: ec2.instanceTypes.join(', '),
  instance_profile_name: ec2.instanceProfileName,
  security_group_id: DEFAULT_NAMES.securityGroup,
  root_volume_gib: String(ec2.rootVolumeGib),
  cluster_name: run.clusterName,
  trials: String(run.trials),
  ttl_minutes: String(run.ttlMinutes),
  ...Object.fromEntries(Object.entries(run.params).map(([name, value]) => [name, String(value)])),
}
const nameOf = (flag: string) => flag.replace(/^--/, '').replaceAll('-', '_')
/** The cells of the tables of a document, without the marks of code. */
const rowsOf = (path: string) =>
  read(path)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.replaceAll('`', '').trim()))

/** `epochs, batch_size` beside `1, 128`. */
function expectDefaults(names: string[], shown: string[], place: string): number {
  const known = names.map((name, index) => [DEFAULTS[name], shown[index]]).filter(([value]) => value !== undefined)
  for (const [value, text] of known) expect(text?.split(' ')[0], `${place}: ${names}`).toBe(value)
  return known.length
}

describe('a default', () => {
  it.each([
    ['docs/EC2.md', 1, 4, 7],
    ['README.md', 1, 2, 6],
  ])('in %s is that of the program', (path, nameColumn, defaultColumn, least) => {
    const counts = rowsOf(path).map((cells) => {
      const names = (cells[nameColumn] ?? '').split(', ').map(nameOf)
      return expectDefaults(names, (cells[defaultColumn] ?? '').split(/[,;] /), path)
    })
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(least)
  })

  it('of the workflow is that of the program, and of its document', () => {
    const { inputs } = parse(read('.github/workflows/gpu-benchmark-ec2.yml')).on.workflow_dispatch
    const documented = new Map(rowsOf('docs/CI_GPU_BENCHMARK_HARNESS.md').map((cells) => [cells[1], cells[2]]))
    for (const [name, input] of Object.entries<{ default?: unknown }>(inputs)) {
      const value = String(input.default ?? '')
      if (value === '') continue
      expect(value, name).toBe(DEFAULTS[name] ?? value)
      expect(documented.get(name), name).toBe(value)
    }
    expect(documented.get('batch_size')).toBe(DEFAULTS.batch_size)
  })

  it('of an input of the Action is that of the program', () => {
    const inputs = Object.entries<{ default?: string; description: string }>(parse(read('action.yml')).inputs)
    const shown = inputs.flatMap(([name, input]) => {
      const text = input.default ?? /\((\S+)\)\.$/.exec(input.description)?.[1]
      const value = DEFAULTS[nameOf(name)]
      return text === undefined || value === undefined ? [] : [[name, text, value]]
    })
    expect(shown.length).toBeGreaterThan(8)
    for (const [name, text, value] of shown) expect(text, name).toBe(value)
  })

  it('in the help of `radix bench run` is that of the program', () => {
    const bench = new Command('bench')
    register(bench)
    const options = bench.commands.find((command) => command.name() === 'run')?.options ?? []
    const shown = options.flatMap(({ long, description }) => {
      const [, text] = /\((?:env [A-Z_]+; )?([^\s();]+)\)$/.exec(description) ?? []
      const value = DEFAULTS[nameOf(long ?? '')]
      return text === undefined || value === undefined ? [] : [[long, text, value]]
    })
    expect(shown.length).toBeGreaterThan(8)
    for (const [long, text, value] of shown) expect(text, long).toBe(value)
  })

  it('of the secrets of the workflow is that of the program', () => {
    const secrets = new Map(rowsOf('docs/CI_GPU_BENCHMARK_HARNESS.md').map((cells) => [cells[1], cells[3]]))
    expect(secrets.get('BENCH_SECURITY_GROUP_ID')).toMatch(new RegExp(`default: ${DEFAULT_NAMES.securityGroup}$`))
    expect(secrets.get('BENCH_INSTANCE_PROFILE_NAME')).toMatch(
      new RegExp(`default: ${DEFAULTS.instance_profile_name}$`),
    )
  })
})

it('the presets are as the documents have them', () => {
  const [ec2Document, workflow] = ['docs/EC2.md', 'docs/CI_GPU_BENCHMARK_HARNESS.md'].map((path) =>
    read(path).replaceAll(/\s+/g, ' '),
  )
  for (const { params, instanceType, ttlMinutes } of Object.values(PRESETS)) {
    const epochs = params.epochs > 1 ? `${params.epochs} epochs, ` : ''
    expect(ec2Document).toContain(`(${instanceType}, ${epochs}batch ${params.batch_size}, ${ttlMinutes} minutes)`)
    const numbers = new RegExp(
      `\\b${params.epochs}, (batch_size )?${params.batch_size}, ${instanceType}, (ttl_minutes )?${ttlMinutes}\\b`,
    )
    expect(workflow).toMatch(numbers)
  }
})

describe('the table of settings', () => {
  const rows = Object.values(SETTINGS).flat()

  it('has each variable once', () => {
    const names = rows.map(({ name }) => name)
    expect(names).toEqual([...new Set(names)])
  })

  it.each([
    ['AWS_REGION', ec2.region],
    ['RADIX_RETENTION_DAYS', String(DEFAULT_SETTINGS.retentionDays)],
    ['RADIX_RATE_LIMIT_PER_MINUTE', String(DEFAULT_SETTINGS.rateLimitPerMinute)],
  ])('says what holds without %s', (variable, value) => {
    expect(rows.find(({ name }) => name === variable)?.fallback?.replaceAll('`', '')).toBe(value)
  })
})
