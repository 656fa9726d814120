/**
 * What the harness needs from outside. The caller that composes it (the command line, the Action, a test) passes it in.
 */
import type { ControlPlaneClient } from '../contract/client.ts'
import type { Rate } from '../contract/schemas/common.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { EvidenceFacts } from '../evidence/facts.ts'
import type { Finding, Provider } from '../providers/provider.ts'
import type { RunOutcome } from './events.ts'
import type { RunStore } from './journal/run-store.ts'

export type TokenSource = () => Promise<string>

export interface HarnessPorts {
  /** `apiBase` is an address, or `embedded` for the control plane that was started beside this run. */
  createClient(apiBase: string, tokenSource: TokenSource): ControlPlaneClient
  /** A user token that is valid now; called for every request, so it caches and refreshes by itself. */
  tokenSource: TokenSource
  provider: Provider
  evidenceWriter: EvidenceWriter
  clock: Clock
  logger: Logger
  /** Where journals are kept: files in the data directory by default. */
  openStore?: (dataDir: string) => RunStore
  /** The commit that this program was built from, if it is known. */
  commit?: string | null
}

export interface EvidenceWriter {
  /** What would keep it from writing. This is checked before anything is started. */
  preflight(): Promise<Finding[]>
  /** Writes evidence into the folder, which it creates. Writing the same facts again replaces it. */
  write(facts: EvidenceFacts, directory: string): Promise<WrittenEvidence>
}

export interface WrittenEvidence {
  /** Of `evidence.json`. */
  path: string
  verdict: NonNullable<RunOutcome['verdict']>
  /** Means over the trials; null if there is no usable result. */
  throughput: Rate | null
  durationSeconds: number | null
}
