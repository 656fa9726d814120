/** Named sets of parameters. */
import { RadixError } from '../../errors/radix-error.ts'
import { DEFAULT_WORKLOAD, jobKindOf, type WorkloadName, workloadOf } from '../../workloads/index.ts'
import type { ParameterValues } from '../../workloads/parameters.ts'
import type { ChosenProvider } from '../shared/ec2-options.ts'
import type { WorkloadOptions } from '../shared/workload-options.ts'

interface Preset {
  params: Readonly<Partial<ParameterValues>>
  instanceType?: string
  ttlMinutes?: number
}

/** `--preset`: the examples of the specification, in its words. Their parameters are those of its workload. */
export const PRESETS = {
  quick: { params: { epochs: 1, batch_size: 64 }, instanceType: 'g4dn.xlarge', ttlMinutes: 20 },
  production: { params: { epochs: 1, batch_size: 128 }, instanceType: 'g5.2xlarge', ttlMinutes: 30 },
  extended: { params: { epochs: 3, batch_size: 256 }, instanceType: 'g5.4xlarge', ttlMinutes: 60 },
} as const satisfies Record<string, Preset>
export type PresetName = keyof typeof PRESETS

export interface PresetOptions extends WorkloadOptions {
  preset?: PresetName
  /** The same as the preset `quick`. */
  quick?: boolean
}

/**
 * On an existing machine, which may have no GPU, `quick` is what the workload calls quick. Throws `USAGE` for two presets
 * that contradict each other.
 */
export function choosePreset(
  { preset, quick }: PresetOptions,
  provider: ChosenProvider,
  workload: WorkloadName,
): Preset | undefined {
  if (quick && preset && preset !== 'quick') {
    const message = `--quick is --preset quick, and not --preset ${preset}: give one of them.`
    throw new RadixError('USAGE', { message, help_command: 'radix bench run --help' })
  }
  const name = quick ? 'quick' : preset
  if (name === undefined) return undefined
  if (name === 'quick' && provider !== 'ec2') return { params: workloadOf(jobKindOf(workload)).quick }
  return workload === DEFAULT_WORKLOAD ? PRESETS[name] : { ...PRESETS[name], params: {} }
}
