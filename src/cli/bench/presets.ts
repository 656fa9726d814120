/** Named sets of parameters. */
interface Preset {
  params: { epochs: number; batch_size: number }
  instanceType: string
  ttlMinutes: number
}

/** `--preset`: the examples of the specification, in its words. */
export const PRESETS = {
  quick: { params: { epochs: 1, batch_size: 64 }, instanceType: 'g4dn.xlarge', ttlMinutes: 20 },
  production: { params: { epochs: 1, batch_size: 128 }, instanceType: 'g5.2xlarge', ttlMinutes: 30 },
  extended: { params: { epochs: 3, batch_size: 256 }, instanceType: 'g5.4xlarge', ttlMinutes: 60 },
} as const satisfies Record<string, Preset>
export type PresetName = keyof typeof PRESETS
