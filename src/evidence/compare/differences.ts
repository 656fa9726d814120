/**
 * Finds what keeps two measurements from being compared, and other differences that may explain a change.
 * docs/COMPARE.md lists both. Pure.
 */
import type { Measurement } from '../../contract/schemas/baseline.ts'
import type { Difference } from '../../contract/schemas/comparison.ts'
import { comparableJson } from '../../core/canonical-json.ts'

/** Why the two do not measure the same thing. Empty if they do. */
export function findIncomparable(first: Measurement, second: Measurement): string[] {
  const differ = (name: string, a: unknown, b: unknown) => (a === b ? [] : [`${name}: ${show(a)} and ${show(b)}`])
  const workload = ({ name, version }: Measurement['workload']) => `${name} ${version}`
  if (first.run_id === second.run_id) return [`both are run ${first.run_id}`]
  // Nothing else of the two can be equal.
  if (first.job_kind !== second.job_kind) return differ('job kind', first.job_kind, second.job_kind)
  return [
    ...differ('workload', workload(first.workload), workload(second.workload)),
    ...differ('recipe', first.recipe ?? 'none', second.recipe ?? 'none'),
    ...(isCpu(first) === isCpu(second) ? [] : ['one ran on a CPU, whose number says nothing about a GPU']),
    ...findPrecisionDifferences(first.precision, second.precision),
    ...union(first.parameters, second.parameters).flatMap((name) =>
      differ(name.replaceAll('_', ' '), first.parameters[name], second.parameters[name]),
    ),
  ]
}

/** Why the two are not of the same machine type, so a percentage change is not meaningful. Empty if they are. */
export function findOtherMachine(first: Measurement, second: Measurement): string[] {
  const [firstType, secondType] = [first.instance_type ?? 'none', second.instance_type ?? 'none']
  return [
    ...(first.device.name === second.device.name ? [] : [`GPU: ${first.device.name} and ${second.device.name}`]),
    ...(firstType === secondType ? [] : [`instance type: ${firstType} and ${secondType}`]),
  ]
}

/** The environment of a measurement: drivers, versions, images. */
export function findDifferences(first: Measurement, second: Measurement): Difference[] {
  const [a, b] = [withNotes(first), withNotes(second)]
  return union(a, b).flatMap((name) => {
    const [inFirst, inSecond] = [a[name] ?? null, b[name] ?? null]
    return inFirst === inSecond ? [] : [{ name, first: inFirst, second: inSecond }]
  })
}

/**
 * The notes and fallbacks of a precision are free text: two GPUs may run the same with different words. They are shown
 * instead.
 */
function findPrecisionDifferences(first: Measurement['precision'], second: Measurement['precision']): string[] {
  return union(first, second)
    .filter((name) => name !== 'notes' && name !== 'fallbacks')
    .flatMap((name) => {
      const [a, b] = [first[name], second[name]].map((value) =>
        value === undefined ? 'unknown' : comparableJson(value),
      )
      return a === b ? [] : [`precision, ${name}: ${a} and ${b}`]
    })
}

function withNotes({ surroundings, precision }: Measurement): Record<string, string> {
  const notes = Array.isArray(precision.notes) ? precision.notes.map(String).join('; ') : ''
  return notes === '' ? surroundings : { ...surroundings, 'notes on precision': notes }
}

/** A CPU number only proves the flow. A CPU is never compared with a GPU, so one side decides for both. */
export function isCpu({ device }: Measurement): boolean {
  return device.type === 'cpu'
}

function show(value: unknown): string {
  return value === undefined ? 'unknown' : String(value)
}

function union(first: object, second: object): string[] {
  return [...new Set([...Object.keys(first), ...Object.keys(second)])]
}
