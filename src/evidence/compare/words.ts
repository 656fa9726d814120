/** The wording that comparison and gate share. Pure. */
import type { Measurement } from '../../contract/schemas/baseline.ts'
import type { Change } from '../../contract/schemas/comparison.ts'
import { JobKindName } from '../../contract/schemas/workload.ts'
import { flagOf } from '../../core/flag-name.ts'
import { formatPercent } from '../../core/format.ts'
import { shellWord } from '../../core/shell-word.ts'
import { DEFAULT_WORKLOAD, workloadOf } from '../../workloads/index.ts'

/** The command that measures under the same conditions. */
export function describeConditions({ job_kind, workload, recipe, parameters }: Measurement): string {
  // A workload names itself as it likes; the option takes Radix's name for it.
  const kind = JobKindName.safeParse(job_kind).data
  const name = kind ? workloadOf(kind).name : workload.name
  const values = { ...(recipe === null ? {} : { recipe }), ...parameters }
  const flags = Object.entries(values).map(([parameter, value]) => `${flagOf(parameter)} ${shellWord(String(value))}`)
  const chosen = name === DEFAULT_WORKLOAD ? [] : [`--workload ${shellWord(name)}`]
  return ['radix bench run', ...chosen, ...flags, '--trials 5'].join(' ')
}

/** `-6.7 % (95 % interval -7.9 % to -5.5 %)`, or as much of it as is known. */
export function describeChange({ relative, interval }: Change): string {
  if (!interval) return `${formatSigned(relative)} (one trial: may be chance)`
  const words = `${formatSigned(relative)} (95 % interval ${formatSigned(interval.low)} to ${formatSigned(interval.high)})`
  return interval.low < 0 && interval.high > 0 ? `${words}, may be chance` : words
}

export function formatSigned(share: number): string {
  const text = formatPercent(share)
  return share > 0 ? `+${text}` : text
}

/** Without the sign, for sentences that name the direction. */
export function formatPlainPercent(share: number): string {
  return formatPercent(Math.abs(share))
}

/** `5 %`, `2.5 %`: as given. */
export function formatThreshold(threshold: number): string {
  return `${Number((threshold * 100).toFixed(4))} %`
}
