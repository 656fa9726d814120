/** The descriptor of a workload: everything about it but its program, which is in `workloads/<name>/`. */
import type { Parameters, ParameterValue, ParameterValues } from './parameters.ts'

type ValuesOf<P extends Parameters> = { readonly [name in keyof P]: ParameterValue<P[name]> }

export interface Workload<P extends Parameters = Parameters, Name extends string = string> {
  /** Its folder in `workloads/`, its name in a result, and the value of `--workload`. */
  name: Name
  /** In that folder. */
  program: string
  /** What it does, as the end of a sentence that begins with "Each trial". */
  does: string
  /**
   * What its headline number counts: `images`, `FLOP`, `B`, `tokens`. The number is this work per second, and more is
   * better.
   */
  work: string
  parameters: P
  /** Values that prove the whole flow within seconds on two CPU cores (`--quick`). Its number says nothing of any GPU. */
  quick: { readonly [name in keyof P]?: ParameterValue<P[name]> }
  /** The parameters that reports show beside the number. */
  shown: readonly (keyof P & string)[]
  /** The parameter that makes the timed window longer. */
  lengthenedBy: keyof P & string
  /** A sentence that describes these parameters. */
  describe(values: ValuesOf<P>): string
  /** What decides how long a job takes, for the forecasts of `/v1/score`. */
  features(values: ValuesOf<P>): ParameterValues
}

/** Keeps the literal types of the name and of the parameters. */
export function defineWorkload<const P extends Parameters, const Name extends string>(
  workload: Workload<P, Name>,
): Workload<P, Name> {
  return workload
}

/** The unit of its headline number: `images/s`. */
export function rateUnitOf({ work }: Pick<Workload, 'work'>): string {
  return `${work}/s`
}
