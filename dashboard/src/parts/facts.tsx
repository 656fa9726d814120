/** Names and what they stand for, one under the other. */
import type { ReactNode } from 'react'
import { JOB_KINDS, workloadOf } from '../../../src/workloads/index.ts'

export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value ?? '–'}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Of each parameter whose name does not say it: `steps_per_epoch` does. */
const UNITS = new Map(
  JOB_KINDS.map(workloadOf).flatMap(({ parameters }) =>
    Object.entries(parameters).flatMap(([name, { unit }]) =>
      unit === undefined || name.includes(unit) ? [] : [[name, unit] as const],
    ),
  ),
)

export function withUnit(name: string, value: string): string {
  return [value, UNITS.get(name)].filter(Boolean).join(' ')
}

/** Any members: the parameters that a user chose, or a result. */
export function toFacts(values: Record<string, unknown>): [string, ReactNode][] {
  return Object.entries(values)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => [
      name.replaceAll('_', ' '),
      withUnit(name, typeof value === 'object' ? JSON.stringify(value) : String(value)),
    ])
}
