/**
 * Two folders of evidence with invented numbers, by which compare and gate can be tried without a GPU. Their key is public,
 * so their signature proves nothing of who measured.
 */
import { renderEvidenceMarkdown } from '../src/evidence/render-markdown.ts'
import { signEvidence } from '../src/evidence/signature/sign.ts'
import { runEvidence } from '../src/evidence/testing/runs.ts'
import { testSigner } from '../src/evidence/testing/signing-key.ts'

const SAMPLES = {
  'sample-before': runEvidence(1, [343.2, 342.1, 344.6]),
  'sample-after': runEvidence(2, [320.4, 322.9, 318.7]),
}

/** The text of each file, by its path. */
export function sampleEvidence(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(SAMPLES).flatMap(([name, unsigned]) => {
      const evidence = signEvidence(unsigned, testSigner())
      const folder = `examples/evidence/benchmark-evidence-${name}`
      return [
        [`${folder}/evidence.json`, `${JSON.stringify(evidence, null, 2)}\n`],
        [`${folder}/evidence.md`, renderEvidenceMarkdown(evidence)],
      ]
    }),
  )
}
