/** The inputs of the Action (action.yml). Each corresponds to the `radix bench run` option of the same name. */

import { InvalidArgumentError } from 'commander'
import type { RunConfigOptions } from '../cli/bench/run-config.ts'
import { httpUrl, numberOf } from '../cli/shared/options.ts'
import { oneOf, parserOf } from '../cli/shared/workload-options.ts'
import { toKebabCase } from '../core/flag-name.ts'
import { invalidSetting } from '../errors/invalid-setting.ts'
import type { RadixError } from '../errors/radix-error.ts'
import { RunConfig } from '../harness/config.ts'
import { Ec2Settings } from '../providers/ec2/settings.ts'
import { ALL_PARAMETERS, type ParameterOptions } from '../workloads/all-parameters.ts'
import { WORKLOAD_NAMES } from '../workloads/index.ts'
import { optionOf } from '../workloads/parameters.ts'

export const ACTION_COMMANDS = ['run', 'clean-up', 'check'] as const
type ActionCommand = (typeof ACTION_COMMANDS)[number]

/** The runner's inputs: a value, or `''` if the input was not set. */
export type ReadInput = (name: string) => string

type Parse<T> = (value: string) => T
/** `onReclaim`: the id of the run follows from the job, and its post step knows only that one. */
type Options = Omit<
  RunConfigOptions,
  'dataDir' | 'outputDir' | 'quick' | 'preset' | 'runNumber' | 'inventory' | 'host' | 'onReclaim'
>

const text: Parse<string> = (value) => value
const list: Parse<string[]> = (value) => value.split(/[\s,]+/).filter(Boolean)
const flag: Parse<boolean> = (value) => oneOf(['true', 'false'])(value) === 'true'

const WORKLOAD_OPTIONS = Object.fromEntries(
  ALL_PARAMETERS.map(({ name, parameter }) => [optionOf(name), parserOf(parameter)]),
)

/**
 * Every other option that is an input, by its name in `RunConfigOptions`. The input has the same name in kebab-case.
 */
const OTHER_OPTIONS: { [name in Exclude<keyof Options, keyof ParameterOptions>]-?: Parse<NonNullable<Options[name]>> } =
  {
    provider: oneOf(['ec2', 'existing']),
    apiBase: httpUrl,
    clusterName: text,
    clusterId: text,
    workload: oneOf(WORKLOAD_NAMES),
    trials: numberOf(RunConfig.shape.trials),
    ttlMinutes: numberOf(RunConfig.shape.ttlMinutes),
    awsRegion: text,
    fallbackRegion: list,
    instanceType: list,
    amiId: text,
    subnetId: list,
    securityGroupId: text,
    capacityReservationId: text,
    instanceProfileName: text,
    spot: flag,
    maxCostUsd: numberOf(Ec2Settings.shape.maxCostUsd),
    rootVolumeGib: numberOf(Ec2Settings.shape.rootVolumeGib),
    agentImage: text,
    workloadImage: text,
  }

const OPTIONS: Record<string, Parse<unknown>> = { ...OTHER_OPTIONS, ...WORKLOAD_OPTIONS }

export const INPUT_NAMES = ['command', 'run-key', ...Object.keys(OPTIONS).map(toKebabCase)]

export interface ActionInputs {
  command: ActionCommand
  /** Distinguishes the jobs of one matrix. */
  runKey: string
  options: Partial<Options>
}

/** Throws `CONFIGURATION_INVALID`, naming the input. */
export function readInputs(read: ReadInput): ActionInputs {
  const options: Record<string, unknown> = {}
  for (const [name, parse] of Object.entries(OPTIONS)) {
    const value = readInput(toKebabCase(name), read, parse)
    if (value !== undefined) options[name] = value
  }
  if (options.apiBase === undefined && options.provider === 'existing') {
    const expected = 'its address, such as https://radix.example.com'
    throw invalidInput('api-base', '', 'an existing cluster has a control plane', expected)
  }
  return {
    command: readInput('command', read, oneOf(ACTION_COMMANDS)) ?? 'run',
    runKey: read('run-key'),
    options,
  }
}

/** Undefined for an input that was not set. */
function readInput<T>(name: string, read: ReadInput, parse: Parse<T>): T | undefined {
  const value = read(name).trim()
  if (value === '') return undefined
  try {
    return parse(value)
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    throw invalidInput(name, value, 'it cannot be used', error.message.replace(/^It must be /, ''))
  }
}

function invalidInput(name: string, value: string, reason: string, expected: string): RadixError {
  const shown = value === '' ? 'not set' : value
  return invalidSetting(`the input ${name}`, shown, reason, expected)
}
