/** The descriptor of a workload: everything about it but its program, which is in `workloads/<name>/`. */
import type { ParameterOptions, Parameters, ParameterValue } from './parameters.ts'

export interface Workload<P extends Parameters = Parameters> {
  /** Its folder in `workloads/`, and its name in a result. */
  name: string
  /** In that folder. */
  program: string
  /** What it does, as the end of a sentence that begins with "Each trial". */
  does: string
  parameters: P
  /** Values that prove the whole flow within seconds on two CPU cores (`--quick`). Its number says nothing of any GPU. */
  quick: { readonly [name in keyof P]?: ParameterValue<P[name]> }
  /** A sentence that describes these parameters. */
  describe(values: { readonly [name in keyof P]: ParameterValue<P[name]> }): string
}

/** Keeps the literal types of the parameters. */
export function defineWorkload<const P extends Parameters>(workload: Workload<P>): Workload<P> {
  return workload
}

export type OptionsOf<W> = W extends Workload<infer P> ? ParameterOptions<P> : never
