/** Makes a baseline from evidence. Pure. */
import { summariseEvidence } from '../../contract/evidence-summary.ts'
import { type Baseline, toBaseline } from '../../contract/schemas/baseline.ts'
import type { Evidence } from '../../contract/schemas/evidence.ts'
import { RadixError } from '../../errors/radix-error.ts'

/** Throws `BASELINE_REFUSED` for a number that is in doubt. A CPU number always is. */
export function makeBaseline(evidence: Evidence, name: string): Baseline {
  const { measurement, verdict } = summariseEvidence(evidence)
  const { level, reasons } = verdict
  if (measurement && level === 'valid') return toBaseline(measurement)
  const against = reasons.filter((reason) => reason.level !== 'note')
  const words = against.map(({ code, message }) => `${code}: ${message}`).join(' ')
  throw new RadixError('BASELINE_REFUSED', {
    run_id: evidence.run_id,
    reason: `its verdict is ${level}. ${words}`,
    baseline: name,
  })
}
