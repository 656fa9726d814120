/** The parameters that the descriptor of a workload puts beside its number, as rows of a report. Pure. */
import type { Evidence } from '../contract/schemas/evidence.ts'
import { workloadOf } from '../workloads/index.ts'
import { escapeText } from './markdown.ts'

/** `Batch Size`, 128. */
export function shownParameters({ job_kind, parameters }: Evidence['request']): string[][] {
  const workload = workloadOf(job_kind)
  return workload.shown.map((name) => [
    (workload.parameters[name]?.label ?? name).replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()),
    escapeText(String(parameters[name])),
  ])
}
