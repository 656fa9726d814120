/** The report's sections on the origin of the number: machine, GPUs, software, telemetry. Pure. */
import type { Evidence, GpuTelemetry } from '../contract/schemas/evidence.ts'
import { formatBytes, formatCount, formatSeconds } from '../core/format.ts'
import { code, escapeText, table } from './markdown.ts'

export function renderEnvironment({ environment, request, results }: Evidence): string {
  const { machine, cluster, software, radix } = environment
  const rows: [string, string | null][] = [
    ['Provider', request.provider],
    ['Machine', machine?.machine_id ?? null],
    ['Instance type', machine?.instance_type ?? null],
    ['Region, zone', machine?.region ? `${machine.region}, ${machine.zone ?? 'unknown zone'}` : null],
    ['Image', machine?.image_id ?? null],
    ['Host key', machine?.host_key ?? null],
    ['Cluster', cluster && `${cluster.name} (${cluster.cluster_id}, ${cluster.type})`],
    ...capabilityRows(cluster?.capabilities ?? null),
    ...environment.gpus.map((gpu, index): [string, string] => [`GPU ${index}`, describeGpu(gpu)]),
    [
      'Device',
      environment.device && `${environment.device.name} (${environment.device.uuid ?? environment.device.type})`,
    ],
    ...Object.entries(software ?? {})
      .filter(([, version]) => version !== null)
      .map(([name, version]): [string, string] => [name, plain(version)]),
    ['Precision', describePrecision(results)],
    ['Agent', cluster?.agent_version ?? null],
    ['Radix', `${radix.version}${radix.commit ? ` (${radix.commit})` : ''}`],
    ['Control plane', request.api_base],
  ]
  const known = rows.flatMap(([name, value]) => (value ? [[escapeText(name), escapeText(value)]] : []))
  return ['## Environment', table(['', ''], known)].join('\n\n')
}

/** Null on a machine without a GPU: `omitted` has the reason. */
export function renderTelemetry({ gpu_telemetry }: Evidence): string | null {
  if (gpu_telemetry.length === 0) return null
  return ['## GPU telemetry', ...gpu_telemetry.map(renderGpu)].join('\n\n')
}

function renderGpu(gpu: GpuTelemetry): string {
  const window = gpu.window === 'timed' ? 'the timed window' : 'the whole job (its timed window is not known)'
  const rows = (
    [
      ['Utilisation (%)', gpu.utilization_percent, 1],
      ['Memory used (GiB)', gpu.memory_used_bytes, 1024 ** 3],
      ['Power (W)', gpu.power_watts, 1],
      ['Temperature (°C)', gpu.temperature_celsius, 1],
      ['SM clock (MHz)', gpu.clock_sm_mhz, 1],
      ['Memory clock (MHz)', gpu.clock_memory_mhz, 1],
    ] as const
  ).flatMap(([name, range, unit]) =>
    range ? [[name, ...[range.minimum, range.mean, range.maximum].map((value) => (value / unit).toFixed(1))]] : [],
  )
  const throttling = Object.entries(gpu.throttle_seconds).map(
    ([reason, seconds]) => `${code(reason)} ${formatSeconds(seconds)}`,
  )
  const errors = gpu.ecc_uncorrected_errors
  return [
    `GPU ${code(gpu.gpu_uuid)}, ${formatCount(gpu.samples, 'sample')} over ${window} (${formatSeconds(gpu.window_seconds)}):`,
    table(['', 'Minimum', 'Mean', 'Maximum'], rows),
    [
      `- Throttling: ${throttling.length > 0 ? throttling.join(', ') : 'never'}`,
      `- Uncorrected memory errors: ${errors ? `${errors.during} (${errors.before} before)` : 'not reported by the driver'}`,
      `- Driver errors (Xid): ${describeXids(gpu.xids)}`,
    ].join('\n'),
  ].join('\n\n')
}

function describeXids(xids: GpuTelemetry['xids']): string {
  if (xids === null) return 'not known'
  return xids.length > 0 ? xids.join(', ') : 'none'
}

function capabilityRows(capabilities: Record<string, unknown> | null): [string, string | null][] {
  const cpu = capabilities?.cpu
  const memory = capabilities?.memory_total_bytes
  const model = typeof cpu === 'object' && cpu !== null && 'model' in cpu ? plain(cpu.model) : null
  const cores = typeof cpu === 'object' && cpu !== null && 'cores' in cpu ? plain(cpu.cores) : null
  return [
    ['Host', typeof capabilities?.hostname === 'string' ? capabilities.hostname : null],
    ['Operating system', typeof capabilities?.os === 'string' ? capabilities.os : null],
    ['CPU', model && `${model}, ${cores} cores`],
    ['Memory', typeof memory === 'number' ? formatBytes(memory) : null],
  ]
}

function describeGpu(gpu: Evidence['environment']['gpus'][number]): string {
  const parts = [
    gpu.name,
    gpu.uuid,
    gpu.memory_total_bytes === null ? null : formatBytes(gpu.memory_total_bytes),
    gpu.driver_version && `driver ${gpu.driver_version}`,
    gpu.vbios_version && `VBIOS ${gpu.vbios_version}`,
    gpu.compute_capability && `compute capability ${gpu.compute_capability}`,
    gpu.power_limit_watts === null ? null : `limit ${gpu.power_limit_watts} W`,
  ]
  return parts.filter(Boolean).join(', ')
}

function describePrecision({ trials }: Evidence['results']): string | null {
  const precision = trials.find(({ result }) => result)?.result?.precision
  if (!precision) return null
  // Disabled and unknown features are in the JSON; here they would only hide the enabled ones.
  const named = Object.entries(precision).filter(([, value]) => !isNothing(value))
  if (named.length === 0) return 'fp32, nothing else switched on'
  return named.map(([name, value]) => (value === true ? name : `${name} ${plain(value)}`)).join(', ')
}

function isNothing(value: unknown): boolean {
  return value === null || value === false || (Array.isArray(value) && value.length === 0)
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'unknown')
}
