/** The harness's evidence writer: signed files in a folder. What the harness keeps of them goes into its journal. */
import { summariseEvidence } from '../../contract/evidence-summary.ts'
import type { Clock } from '../../core/clock.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { SigningKey } from '../../evidence/signature/keys.ts'
import { writeEvidence } from '../../evidence/write.ts'
import type { EvidenceWriter } from '../../harness/ports.ts'
import { errorFinding } from '../../providers/provider.ts'

/**
 * `openKey` is called only when the key is needed: a missing key must not stop a clean-up before it has terminated
 * anything.
 */
export function createEvidenceWriter(openKey: () => Promise<SigningKey>, clock: Pick<Clock, 'now'>): EvidenceWriter {
  return {
    async preflight() {
      try {
        await openKey()
        return []
      } catch (error) {
        if (!(error instanceof RadixError)) throw error
        return [errorFinding(error)]
      }
    },
    async write(facts, directory) {
      const signer = { key: await openKey(), now: () => clock.now() }
      const { path, evidence } = await writeEvidence(facts, directory, signer)
      const { verdict, throughput, duration_seconds } = summariseEvidence(evidence)
      // A note does not affect the level, so it is not listed as a reason.
      const forcing = verdict.reasons.filter(({ level }) => level !== 'note')
      const reasons = forcing.map(({ code, message }) => ({ code, message }))
      return {
        path,
        verdict: { level: verdict.level, reasons },
        throughput: throughput && { value: throughput.mean, unit: throughput.unit },
        durationSeconds: duration_seconds,
      }
    },
  }
}
