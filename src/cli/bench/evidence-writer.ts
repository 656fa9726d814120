/** The harness's evidence writer: files in a folder. What the harness keeps of them goes into its journal. */
import { writeEvidence } from '../../evidence/write.ts'
import type { EvidenceWriter } from '../../harness/ports.ts'

export const evidenceWriter: EvidenceWriter = {
  write: async (facts, directory) => {
    const { path, verdict, throughputImagesPerSec, durationSeconds } = await writeEvidence(facts, directory)
    const reasons = verdict.reasons.map(({ code, message }) => ({ code, message }))
    return { path, verdict: { level: verdict.level, reasons }, throughputImagesPerSec, durationSeconds }
  },
}
