/** From evidence to what is compared: the throughput of each trial, the conditions, and whatever may explain a change. Pure. */
import type { Measurement } from './schemas/baseline.ts'
import type { Evidence } from './schemas/evidence.ts'

/** The parameters that decide what is computed and when it is timed. The seed chooses other data of the same kind. */
const MEASURED_PARAMETERS = ['batch_size', 'image_size', 'epochs', 'steps_per_epoch', 'warmup_steps'] as const

/** Null where no trial produced a result. */
export function readMeasurement(evidence: Evidence): Measurement | null {
  const results = evidence.results.trials.map(({ result }) => result).filter((result) => result !== null)
  const first = results[0]
  if (!first) return null
  const { parameters, job_kind } = evidence.request
  return {
    run_id: evidence.run_id,
    measured_at: evidence.started_at,
    job_kind,
    workload: first.workload,
    recipe: first.recipe,
    precision: first.precision,
    parameters: Object.fromEntries(MEASURED_PARAMETERS.map((name) => [name, parameters[name]])),
    device: { type: first.device.type, name: first.device.name },
    instance_type: evidence.environment.machine?.instance_type ?? null,
    surroundings: readSurroundings(evidence, first.device.uuid),
    throughputs_images_per_sec: results.map((result) => result.throughput_images_per_sec),
  }
}

/** Text, so that it can be shown as it is: versions above all. */
function readSurroundings({ environment }: Evidence, deviceUuid: string | null): Measurement['surroundings'] {
  const gpus = environment.gpus
  const gpu = gpus.find(({ uuid }) => uuid !== null && deviceUuid !== null && isSameGpu(uuid, deviceUuid)) ?? gpus[0]
  const facts: Record<string, unknown> = {
    ...environment.software,
    driver: gpu?.driver_version,
    vbios: gpu?.vbios_version,
    'power limit': gpu?.power_limit_watts == null ? null : `${gpu.power_limit_watts} W`,
    image: environment.machine?.image_id,
    agent: environment.cluster?.agent_version,
  }
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
}

/** PyTorch gives the UUID without the prefix that the driver puts before it. */
function isSameGpu(a: string, b: string): boolean {
  const bare = (uuid: string) => uuid.replace(/^GPU-/i, '').toLowerCase()
  return bare(a) === bare(b)
}
