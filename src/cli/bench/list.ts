/** `radix bench list` */
import { formatRate, type Rate, scaleOf } from '../../core/format.ts'
import type { RunStatus } from '../../core/transitions.ts'
import { listRuns, type RunListing } from '../../harness/look-at-runs.ts'
import { type DataDirOption, resolveDataDir } from '../shared/options.ts'
import { note, outputColumns, print, printJson } from '../shared/output.ts'
import { programName } from '../shared/program-name.ts'
import { layOutTable, shortenTime } from '../shared/table.ts'
import { toRunDocument } from './run-document.ts'

/** Lists all readable runs first, then throws if a run could not be read. */
export function listBenches(options: DataDirOption & { json?: boolean }): void {
  const dataDir = resolveDataDir(options)
  const listings = listRuns(dataDir)
  if (options.json) printJson(listings.map(toDocument))
  else if (listings.length === 0) note(`No runs in ${dataDir}. Start one: ${programName()} bench run`)
  else printList(listings)
  for (const listing of listings) if ('unseen' in listing) throw listing.unseen
}

/** Commands are printed below the table, unwrapped. */
function printList(listings: readonly RunListing[]): void {
  print(renderListing(listings, outputColumns()))
  const left = listings.filter((listing) => 'view' in listing && listing.view.needsCleanup)
  for (const { runId } of left) note(`Resources may remain: ${programName()} bench cleanup ${runId}`)
}

export function renderListing(listings: readonly RunListing[], width: number): string {
  const unit = sharedUnitOf(listings)
  const columns = [
    'RUN',
    { heading: 'STARTED', shorten: shortenTime, leaveOut: 1 },
    { heading: 'ON', leaveOut: 2 },
    'STATUS',
    unit?.toUpperCase() ?? 'THROUGHPUT',
  ]
  const rows = listings.map((listing) => toRow(listing, unit))
  return layOutTable(columns, rows, width)
}

/** The unit that stands in the heading: where all rates have it, as they are shown. */
function sharedUnitOf(listings: readonly RunListing[]): string | undefined {
  const rates = listings.flatMap((listing) => ('view' in listing ? (listing.view.outcome.throughput ?? []) : []))
  const units = new Set(rates.map((rate) => scaleOf(rate).unit))
  return units.size === 1 ? [...units][0] : undefined
}

function describeRate(rate: Rate, sharedUnit: string | undefined): string {
  if (sharedUnit === undefined) return formatRate(rate)
  const value = rate.value / scaleOf(rate).divisor
  return value.toFixed(value < 100 ? 1 : 0)
}

function toRow(listing: RunListing, unit: string | undefined): (string | null)[] {
  if ('damage' in listing) return [listing.runId, null, null, 'damaged', null]
  if ('unseen' in listing) return [listing.runId, null, null, 'unreadable', null]
  const { state, outcome, wasInterrupted } = listing.view
  const result = [outcome.throughput && describeRate(outcome.throughput, unit), outcome.verdict?.level]
    .filter(Boolean)
    .join(' ')
  return [
    listing.runId,
    state.startedAt,
    state.config.provider,
    wasInterrupted ? 'interrupted' : shortStatus(outcome.status),
    result || null,
  ]
}

function shortStatus(status: RunStatus): string {
  return status === 'termination_unconfirmed' ? 'unconfirmed' : status
}

function toDocument(listing: RunListing): unknown {
  if ('damage' in listing) return { run_id: listing.runId, damage: listing.damage }
  if ('unseen' in listing) return { run_id: listing.runId, unseen: listing.unseen.why }
  const { state } = listing.view
  return { ...toRunDocument(listing.view), provider: state.config.provider, started_at: state.startedAt }
}
