/** The options for the choice of a workload and for the parameters of all of them. The contract supplies the defaults. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { flagOf } from '../../core/flag-name.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { ALL_PARAMETERS, type ParameterOptions, type SharedParameter } from '../../workloads/all-parameters.ts'
import { DEFAULT_WORKLOAD, WORKLOAD_NAMES, type WorkloadName } from '../../workloads/index.ts'
import { optionOf, type Parameter, type ParameterValues } from '../../workloads/parameters.ts'
import { wholeNumber } from './options.ts'

export interface WorkloadOptions extends ParameterOptions {
  workload?: WorkloadName
}

export function addWorkloadOptions(command: Command): Command {
  command.addOption(
    new Option('--workload <name>', `what each trial runs (${DEFAULT_WORKLOAD})`).choices(WORKLOAD_NAMES),
  )
  for (const parameter of ALL_PARAMETERS) command.addOption(toOption(parameter))
  return command
}

/** The parameters that were given. Throws `USAGE` for one that the workload does not have. */
export function toWorkloadParams(
  options: WorkloadOptions,
  workload: WorkloadName,
  helpCommand: string,
): ParameterValues {
  const params: ParameterValues = {}
  for (const { name, workloads } of ALL_PARAMETERS) {
    const value = options[optionOf(name) as keyof ParameterOptions]
    if (value === undefined) continue
    if (!workloads.includes(workload)) throw foreignParameter(name, workloads, workload, helpCommand)
    params[name] = value
  }
  return params
}

/** Parses a typed value. Throws `InvalidArgumentError`, whose message names the allowed values. */
export function parserOf(parameter: Parameter): (value: string) => number | string | boolean {
  switch (parameter.kind) {
    case 'whole':
      return wholeNumber(parameter)
    case 'choice':
      return oneOf(Object.keys(parameter.choices))
    case 'flag':
      return (value) => oneOf(['true', 'false'])(value) === 'true'
  }
}

function toOption({ name, parameter, description }: SharedParameter): Option {
  if (parameter.kind === 'flag') return new Option(flagOf(name), description)
  const option = new Option(`${flagOf(name)} <${parameter.kind === 'whole' ? 'number' : name}>`, description)
  if (parameter.kind === 'choice') return option.choices(Object.keys(parameter.choices))
  return option.argParser(parserOf(parameter))
}

/** An option parser for one of several words. */
export function oneOf<const T extends string>(choices: readonly T[]): (value: string) => T {
  return (value) => {
    const choice = choices.find((candidate) => candidate === value)
    if (choice === undefined) throw new InvalidArgumentError(`It must be one of ${choices.join(', ')}`)
    return choice
  }
}

function foreignParameter(
  name: string,
  workloads: readonly WorkloadName[],
  workload: WorkloadName,
  help_command: string,
): RadixError {
  const message =
    `${flagOf(name)} belongs to workload ${workloads.join(' and ')}, and the chosen workload is ${workload}: ` +
    `give --workload ${workloads[0]}, or leave ${flagOf(name)} out.`
  return new RadixError('USAGE', { message, help_command })
}
