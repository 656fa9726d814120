/** The parameters of a workload, and what is derived from them: a schema, a flag, a name in an options object. */
import { z } from 'zod'
import { flagOf } from '../core/flag-name.ts'

interface ParameterWords {
  /** The label in a form. */
  label: string
  /** The description, without its default and its bounds. */
  meaning: string
  unit?: string
  /** Advice for choosing a value. */
  hint?: string
  /** Two results are compared only if it is equal, because it decides what is computed or when it is timed. */
  decidesWhatIsMeasured?: true
}

interface WholeParameter extends ParameterWords {
  kind: 'whole'
  minimum: number
  maximum: number
  default: number
}

interface ChoiceParameter extends ParameterWords {
  kind: 'choice'
  /** What each choice means. */
  choices: Readonly<Record<string, string>>
  default: string
}

/** Off unless it is given. */
interface FlagParameter extends ParameterWords {
  kind: 'flag'
}

export type Parameter = WholeParameter | ChoiceParameter | FlagParameter
/** By the name that each has on the wire: snake_case. */
export type Parameters = Readonly<Record<string, Parameter>>

export type ParameterValue<P extends Parameter> = P extends { kind: 'whole' }
  ? number
  : P extends { kind: 'choice'; choices: infer Choices }
    ? keyof Choices & string
    : boolean

type SchemaOf<P extends Parameter> = P extends { kind: 'whole' }
  ? z.ZodDefault<z.ZodNumber>
  : P extends { kind: 'choice'; choices: infer Choices }
    ? z.ZodDefault<z.ZodEnum<{ [name in keyof Choices & string]: name }>>
    : z.ZodDefault<z.ZodBoolean>

export type ParametersSchema<P extends Parameters> = z.ZodObject<
  { [name in keyof P]: SchemaOf<P[name]> },
  z.core.$strict
>

/** `batchSize` for `batch_size`. */
export type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name

/** The values of some workload's parameters, by their names on the wire. */
export type ParameterValues = Record<string, number | string | boolean>

/** Unknown members are refused; absent ones get their default. */
export function toParametersSchema<P extends Parameters>(parameters: P): ParametersSchema<P> {
  const members = Object.entries(parameters).map(([name, parameter]) => [name, toSchema(parameter)])
  return z.strictObject(Object.fromEntries(members)) as unknown as ParametersSchema<P>
}

type ValueSchemaOf<P extends Parameter> = ReturnType<SchemaOf<P>['unwrap']>

/** Members for a schema in which each is optional and has no default: another source supplies absent ones. */
export function toOptionalShape<P extends Parameters>(
  parameters: P,
): { [name in keyof P]: z.ZodOptional<ValueSchemaOf<P[name]>> } {
  const members = Object.entries(parameters).map(([name, parameter]) => [name, valueSchema(parameter).optional()])
  return Object.fromEntries(members)
}

/** `batchSize` for `batch_size`. */
export function optionOf(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** The default as it is shown; undefined for a flag, which is off. */
export function shownDefault(parameter: Parameter): string | undefined {
  return parameter.kind === 'flag' ? undefined : String(parameter.default)
}

/** Parameters as the flags of the workload's program, which are also those of `radix bench run`. */
export function toFlags(values: Readonly<Record<string, number | string | boolean | undefined>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined || value === false) return []
    return value === true ? [flagOf(name)] : [flagOf(name), String(value)]
  })
}

function toSchema(parameter: Parameter): z.ZodType {
  return valueSchema(parameter)
    .default(parameter.kind === 'flag' ? false : parameter.default)
    .describe(parameter.meaning)
}

function valueSchema(parameter: Parameter): z.ZodType<number | string | boolean> {
  switch (parameter.kind) {
    case 'whole':
      return z.number().int().min(parameter.minimum).max(parameter.maximum)
    case 'choice':
      return z.enum(Object.keys(parameter.choices))
    case 'flag':
      return z.boolean()
  }
}

/** What has to be equal for two results to be compared, a flag as 0 or 1. The recipe is compared by itself. */
export function decidingParametersOf(
  parameters: Parameters,
  values: Readonly<Record<string, unknown>>,
): Record<string, number | string> {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, parameter]): [string, number | string][] => {
      const value = values[name]
      if (!parameter.decidesWhatIsMeasured || name === 'recipe') return []
      if (typeof value === 'boolean') return [[name, Number(value)]]
      return typeof value === 'number' || typeof value === 'string' ? [[name, value]] : []
    }),
  )
}
