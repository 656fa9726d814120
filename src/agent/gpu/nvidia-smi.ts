/** What `nvidia-smi` says: one line of CSV per GPU, with many ways of saying "not known". */
import type { Gpu } from '../../contract/schemas/cluster.ts'
import type { GpuSample } from '../../contract/schemas/job.ts'

export const FACT_FIELDS = [
  'index',
  'uuid',
  'name',
  'memory.total',
  'driver_version',
  'vbios_version',
  'compute_cap',
  'pci.bus_id',
  'power.limit',
] as const

/** The last field was renamed with driver 535; both names are tried. */
export const SAMPLE_FIELDS = [
  'pci.bus_id',
  'uuid',
  'utilization.gpu',
  'memory.used',
  'power.draw',
  'temperature.gpu',
  'clocks.sm',
  'clocks.mem',
  'ecc.errors.uncorrected.volatile.total',
] as const
export const THROTTLE_FIELDS = ['clocks_event_reasons.active', 'clocks_throttle_reasons.active'] as const

export const FORMAT_ARGUMENT = '--format=csv,noheader,nounits'

const MIB = 1024 * 1024

/** Bits of `clocks_event_reasons.active` (NVML, nvmlClocksEventReasons). Idle and application clocks are no throttling. */
const THROTTLE_BITS: readonly [bigint, string][] = [
  [0x4n, 'sw_power_cap'],
  [0x8n, 'hw_slowdown'],
  [0x10n, 'sync_boost'],
  [0x20n, 'sw_thermal_slowdown'],
  [0x40n, 'hw_thermal_slowdown'],
  [0x80n, 'hw_power_brake_slowdown'],
]

/** The facts of one GPU; undefined for a line that is none. */
export function parseFacts(line: string): Gpu | undefined {
  const values = splitLine(line)
  if (values.length !== FACT_FIELDS.length) return undefined
  const [index, uuid, name, memory, driver, vbios, capability, bus, power] = values
  const position = toNumber(index)
  if (position === null || !uuid?.startsWith('GPU-') || !name) return undefined
  const memoryMib = toNumber(memory)
  return {
    index: position,
    uuid,
    name,
    memory_total_bytes: memoryMib === null ? null : memoryMib * MIB,
    driver_version: toText(driver),
    vbios_version: toText(vbios),
    compute_capability: toText(capability),
    pci_bus_id: toText(bus),
    power_limit_watts: toNumber(power),
  }
}

export interface SampledGpu {
  busId: string
  /** Xid errors are in the kernel's log (xid-log.ts). */
  sample: Omit<GpuSample, 'xid'>
}

/** One sample of one GPU; undefined for a line that is none. */
export function parseSample(line: string): SampledGpu | undefined {
  const values = splitLine(line)
  if (values.length !== SAMPLE_FIELDS.length + 1) return undefined
  const [busId, uuid, utilization, memory, power, temperature, clockSm, clockMemory, ecc, throttle] = values
  if (!busId || !uuid?.startsWith('GPU-')) return undefined
  const memoryMib = toNumber(memory)
  const sample = {
    gpu_uuid: uuid,
    utilization_percent: toNumber(utilization),
    memory_used_bytes: memoryMib === null ? null : memoryMib * MIB,
    power_watts: toNumber(power),
    temperature_celsius: toNumber(temperature),
    clock_sm_mhz: toNumber(clockSm),
    clock_memory_mhz: toNumber(clockMemory),
    throttle_reasons: parseThrottleReasons(throttle),
    ecc_uncorrected_errors: toNumber(ecc),
  }
  return { busId, sample }
}

function parseThrottleReasons(text: string | undefined): string[] {
  if (!text || !/^0x[0-9a-f]+$/i.test(text)) return []
  const bits = BigInt(text)
  return THROTTLE_BITS.filter(([bit]) => (bits & bit) !== 0n).map(([, name]) => name)
}

function splitLine(line: string): string[] {
  return line.split(',').map((value) => value.trim())
}

/** `[N/A]`, `[Not Supported]`, `[Unknown Error]`, `N/A` and the like are not known. */
function toNumber(text: string | undefined): number | null {
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : null
}

function toText(text: string | undefined): string | null {
  return !text || text === 'N/A' || text.startsWith('[') ? null : text
}
