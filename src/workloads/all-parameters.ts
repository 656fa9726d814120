/**
 * The parameters of all workloads by name, as the command line, the configuration file and the Action take them: one of
 * each name, although several workloads may have it. What a workload does not take, its own schema refuses.
 */
import { JOB_KINDS, type JobKind, WORKLOAD_NAMES, WORKLOADS, type WorkloadName, workloadOf } from './index.ts'
import { type CamelCase, type Parameter, type ParameterValues, shownDefault } from './parameters.ts'

export type ParameterName = { [kind in JobKind]: keyof (typeof WORKLOADS)[kind]['parameters'] & string }[JobKind]

/** `batchSize` for `batch_size`, and so on. */
export type ParameterOptions = { [name in ParameterName as CamelCase<name>]?: ParameterValues[string] }

export interface SharedParameter {
  name: ParameterName
  /** The workloads that have it. */
  workloads: WorkloadName[]
  /** Takes what any of them takes. */
  parameter: Parameter
  /** With the default. Where the workloads differ, it names them. */
  description: string
}

interface Owned {
  name: ParameterName
  workload: WorkloadName
  parameter: Parameter
}

const OWNED = JOB_KINDS.flatMap((kind) =>
  Object.entries(workloadOf(kind).parameters).map(
    ([name, parameter]): Owned => ({ name: name as ParameterName, workload: WORKLOADS[kind].name, parameter }),
  ),
)

export const ALL_PARAMETERS: readonly SharedParameter[] = [...Map.groupBy(OWNED, ({ name }) => name)].map(
  ([name, owned]) => ({
    name,
    workloads: owned.map(({ workload }) => workload),
    parameter: owned.map(({ parameter }) => parameter).reduce(join),
    description: describe(owned),
  }),
)

/** Throws for one name with two kinds of values, which no option could take. */
function join(first: Parameter, second: Parameter): Parameter {
  if (first.kind === 'whole' && second.kind === 'whole') {
    const minimum = Math.min(first.minimum, second.minimum)
    return { ...first, minimum, maximum: Math.max(first.maximum, second.maximum) }
  }
  if (first.kind === 'choice' && second.kind === 'choice') {
    return { ...first, choices: { ...first.choices, ...second.choices } }
  }
  if (first.kind === 'flag' && second.kind === 'flag') return first
  throw new TypeError(`two workloads have a parameter of one name, ${first.label}, and of different kinds`)
}

function describe(owned: readonly Owned[]): string {
  const words = owned.map(({ parameter }) => {
    const shown = shownDefault(parameter)
    return shown === undefined ? parameter.meaning : `${parameter.meaning} (${shown})`
  })
  const isSame = words.every((each) => each === words[0])
  if (isSame && owned.length === WORKLOAD_NAMES.length) return words[0] ?? ''
  if (isSame) return `${owned.map(({ workload }) => workload).join(', ')}: ${words[0]}`
  return owned.map(({ workload }, index) => `${workload}: ${words[index]}`).join('; ')
}
