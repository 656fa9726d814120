/** A limit as docs/limits.md shows it: in the largest unit that it is a whole number of. */
import type { Limit } from '../src/core/limits/limit.ts'

type Units = readonly (readonly [size: number, name: string])[]

const TIMES: Units = [
  [86_400_000, 'days'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
  [1, 'ms'],
]
const SIZES: Units = [
  [1024 ** 3, 'GiB'],
  [1024 ** 2, 'MiB'],
  [1024, 'KiB'],
  [1, 'bytes'],
]

export function renderLimit({ value, unit }: Pick<Limit, 'value' | 'unit'>): string {
  if (unit === 'ms') return value > 1000 && value < 60_000 ? `${value / 1000} s` : inLargest(value, TIMES)
  if (unit === 'bytes') return inLargest(value, SIZES)
  return unit === 'count' ? withSeparators(value) : `${withSeparators(value)} ${unit}`
}

function inLargest(value: number, units: Units): string {
  const [size, name] = units.find(([each]) => value >= each && value % each === 0) ?? [1, units.at(-1)?.[1] ?? '']
  return `${withSeparators(value / size)} ${name === 'days' && value === size ? 'day' : name}`
}

function withSeparators(value: number): string {
  return value.toLocaleString('en-US')
}
