/** Parses the output of `nvidia-smi`: one line of CSV per GPU, with many spellings of "not known". */

import type { Gpu } from '../../contract/schemas/cluster.ts'
import type { GpuSample } from '../../contract/schemas/job.ts'
import { AGENT_LIMITS } from '../../core/limits/agent.ts'

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
  'clocks_event_reasons.active',
] as const

/** A field by the name that drivers before 535 know. */
const OLDER_NAMES: Readonly<Record<string, string>> = {
  'clocks_event_reasons.active': 'clocks_throttle_reasons.active',
}

export const FORMAT_ARGUMENT = '--format=csv,noheader,nounits'

const MAX_TEXT = AGENT_LIMITS.gpuName.value
const NOT_KNOWN = /^(\[|ERR!|N\/A$|Unknown Error|No devices were found|NVIDIA-SMI has failed|Failed to|Unable to)/i

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

/**
 * A driver that does not know a field refuses the whole query and names the field. Returns the fields to query next, or
 * `undefined` for any other message.
 */
export function withoutRefusedField(fields: readonly string[], output: string): string[] | undefined {
  const refused = /Field "([^"]+)" is not a valid field/.exec(output)?.[1]
  if (refused === undefined || !fields.includes(refused)) return undefined
  return fields.flatMap((field) => (field === refused ? (OLDER_NAMES[field] ?? []) : field))
}

/**
 * The facts of one GPU; undefined for any other line. Values that the driver does not report, or was not asked for, are
 * null.
 */
export function parseFacts(line: string, fields: readonly string[] = FACT_FIELDS): Gpu | undefined {
  const value = readLine(line, fields)
  const uuid = value?.('uuid')
  if (!value || !uuid?.startsWith('GPU-')) return undefined
  const memoryMib = toNumber(value('memory.total'))
  return {
    index: toNumber(value('index')) ?? 0,
    uuid,
    name: toText(value('name')) ?? 'unknown GPU',
    memory_total_bytes: memoryMib === null ? null : memoryMib * MIB,
    driver_version: toText(value('driver_version')),
    vbios_version: toText(value('vbios_version')),
    compute_capability: toText(value('compute_cap')),
    pci_bus_id: toText(value('pci.bus_id')),
    power_limit_watts: toNumber(value('power.limit')),
  }
}

export interface SampledGpu {
  busId: string
  /** Xid errors are in the kernel's log (xid-log.ts). */
  sample: Omit<GpuSample, 'xid'>
}

/** One sample of one GPU; undefined for any other line. */
export function parseSample(line: string, fields: readonly string[] = SAMPLE_FIELDS): SampledGpu | undefined {
  const value = readLine(line, fields)
  const [busId, uuid] = [value?.('pci.bus_id'), value?.('uuid')]
  if (!value || !busId || !uuid?.startsWith('GPU-')) return undefined
  const memoryMib = toNumber(value('memory.used'))
  const sample = {
    gpu_uuid: uuid,
    utilization_percent: toNumber(value('utilization.gpu')),
    memory_used_bytes: memoryMib === null ? null : memoryMib * MIB,
    power_watts: toNumber(value('power.draw')),
    temperature_celsius: toNumber(value('temperature.gpu')),
    clock_sm_mhz: toNumber(value('clocks.sm')),
    clock_memory_mhz: toNumber(value('clocks.mem')),
    throttle_reasons: parseThrottleReasons(
      value('clocks_event_reasons.active') ?? value('clocks_throttle_reasons.active'),
    ),
    ecc_uncorrected_errors: toNumber(value('ecc.errors.uncorrected.volatile.total')),
  }
  return { busId, sample }
}

function parseThrottleReasons(text: string | undefined): string[] {
  if (!text || !/^0x[0-9a-f]+$/i.test(text)) return []
  const bits = BigInt(text)
  return THROTTLE_BITS.filter(([bit]) => (bits & bit) !== 0n).map(([, name]) => name)
}

/** The line's value of a field; `undefined` for a line of another length, such as a message. */
function readLine(line: string, fields: readonly string[]): ((field: string) => string | undefined) | undefined {
  const values = line.split(',').map((value) => value.trim())
  if (values.length !== fields.length) return undefined
  return (field) => values[fields.indexOf(field)]
}

/** `[N/A]`, `[Not Supported]`, `[Unknown Error]`, `ERR!` and the like are not known. */
function toNumber(text: string | undefined): number | null {
  return text !== undefined && /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : null
}

/** Names and versions are short words. Anything else is the driver's way of saying "not known". */
function toText(text: string | undefined): string | null {
  if (!text || text.length > MAX_TEXT || NOT_KNOWN.test(text)) return null
  return text
}
