/** Named sets of parameters. */
import type { z } from 'zod'
import type { Resnet50Params } from '../../contract/schemas/workload.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { resnet50 } from '../../workloads/resnet50.ts'
import type { ChosenProvider } from '../shared/ec2-options.ts'
import type { WorkloadOptions } from '../shared/workload-options.ts'

interface Preset {
  params: z.input<typeof Resnet50Params>
  instanceType?: string
  ttlMinutes?: number
}

/** `--preset`: the examples of the specification, in its words. */
export const PRESETS = {
  quick: { params: { epochs: 1, batch_size: 64 }, instanceType: 'g4dn.xlarge', ttlMinutes: 20 },
  production: { params: { epochs: 1, batch_size: 128 }, instanceType: 'g5.2xlarge', ttlMinutes: 30 },
  extended: { params: { epochs: 3, batch_size: 256 }, instanceType: 'g5.4xlarge', ttlMinutes: 60 },
} as const satisfies Record<string, Preset>
export type PresetName = keyof typeof PRESETS

/** `quick` on an existing machine, which may have no GPU. */
const QUICK_HERE: Preset = { params: resnet50.quick }

export interface PresetOptions extends WorkloadOptions {
  preset?: PresetName
  /** The same as the preset `quick`. */
  quick?: boolean
}

/** Throws `USAGE` for two presets that contradict each other. */
export function choosePreset({ preset, quick }: PresetOptions, provider: ChosenProvider): Preset | undefined {
  if (quick && preset && preset !== 'quick') {
    const message = `--quick is --preset quick, and not --preset ${preset}: give one of them.`
    throw new RadixError('USAGE', { message, help_command: 'radix bench run --help' })
  }
  const name = quick ? 'quick' : preset
  if (name === undefined) return undefined
  return name === 'quick' && provider !== 'ec2' ? QUICK_HERE : PRESETS[name]
}
