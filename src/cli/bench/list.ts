/** `radix bench list` */
import { listRuns, type RunListing } from '../../harness/look-at-runs.ts'
import { type DataDirOption, resolveDataDir } from '../shared/options.ts'
import { note, print, printJson, renderTable } from '../shared/output.ts'

export function listBenches(options: DataDirOption & { json?: boolean }): void {
  const dataDir = resolveDataDir(options)
  const listings = listRuns(dataDir)
  if (options.json) printJson(listings.map(toDocument))
  else if (listings.length === 0) note(`No runs in ${dataDir}. Start one: radix bench run`)
  else print(renderTable(['RUN', 'STARTED', 'PROVIDER', 'STATUS', 'VERDICT', 'IMAGES/S', 'NEXT'], listings.map(toRow)))
}

function toRow(listing: RunListing): (string | null)[] {
  if ('damage' in listing) return [listing.runId, null, null, 'journal damaged', null, null, null]
  const { state, outcome, pid, needsCleanup } = listing.view
  return [
    listing.runId,
    state.startedAt,
    state.config.provider,
    pid === null && outcome.status === 'running' ? 'abandoned' : outcome.status,
    outcome.verdict?.level ?? null,
    outcome.throughput_images_per_sec?.toFixed(1) ?? null,
    needsCleanup ? `radix bench cleanup ${listing.runId}` : null,
  ]
}

function toDocument(listing: RunListing): unknown {
  if ('damage' in listing) return { run_id: listing.runId, damage: listing.damage }
  const { state, outcome, pid, needsCleanup } = listing.view
  return { ...outcome, provider: state.config.provider, started_at: state.startedAt, pid, needs_cleanup: needsCleanup }
}
