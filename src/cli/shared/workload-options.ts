/** The options for the parameters of a workload. The contract supplies the defaults. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { z } from 'zod'
import type { Resnet50Params } from '../../contract/schemas/workload.ts'
import { flagOf } from '../../core/flag-name.ts'
import { optionOf, type Parameter, shownDefault } from '../../workloads/parameters.ts'
import { resnet50 } from '../../workloads/resnet50.ts'
import type { OptionsOf } from '../../workloads/workload.ts'
import { pickGiven, wholeNumber } from './options.ts'

export type WorkloadOptions = OptionsOf<typeof resnet50>

const PARAMETERS: [string, Parameter][] = Object.entries(resnet50.parameters)

export function addWorkloadOptions(command: Command): Command {
  for (const [name, parameter] of PARAMETERS) command.addOption(toOption(name, parameter))
  return command
}

export function toWorkloadParams(options: WorkloadOptions): z.input<typeof Resnet50Params> {
  const members = PARAMETERS.map(([name]) => [name, options[optionOf(name) as keyof WorkloadOptions]])
  return pickGiven(Object.fromEntries(members))
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

function toOption(name: string, parameter: Parameter): Option {
  if (parameter.kind === 'flag') return new Option(flagOf(name), parameter.meaning)
  const option = new Option(
    `${flagOf(name)} <${parameter.kind === 'whole' ? 'number' : name}>`,
    `${parameter.meaning} (${shownDefault(parameter)})`,
  )
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
