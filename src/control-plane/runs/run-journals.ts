/**
 * The journals of runs that servers carry out, accessible to every server. A write is valid only under the current
 * claim.
 */
import { sql } from 'kysely'
import { toStorableJson, toStorableText } from '../../core/storable.ts'
import type { Connection } from '../store/database.ts'
import { type BenchmarkRequest, takenOver } from './benchmark-claims.ts'

type Claim = Pick<BenchmarkRequest, 'runId' | 'epoch'>

export interface StoredJournal {
  /** As they were appended, oldest first. */
  entries: Record<string, unknown>[]
  /** The facts that were collected; null before that. */
  facts: string | null
}

/** Complete when it is read under a new claim: writes of an earlier claim are refused. */
export async function readRunJournal(db: Connection, { runId }: Claim): Promise<StoredJournal> {
  const rows = await db
    .selectFrom('run_journals')
    .select('entry')
    .where('run_id', '=', runId)
    .orderBy('sequence')
    .execute()
  const stored = await db.selectFrom('run_journal_facts').select('facts').where('run_id', '=', runId).executeTakeFirst()
  return { entries: rows.map(({ entry }) => entry), facts: stored?.facts ?? null }
}

/** Durable when it resolves. Repeating it changes nothing. Throws `RUN_TAKEN_OVER`. */
export async function appendToRunJournal(
  db: Connection,
  { runId, epoch }: Claim,
  first: number,
  entries: readonly object[],
): Promise<void> {
  const { rows } = await sql`
    with held as (select run_id from benchmark_requests where run_id = ${runId} and claim_epoch = ${epoch} for share),
    appended as (
      insert into run_journals (run_id, sequence, entry)
      select held.run_id, ${first}::integer + (line.number - 1)::integer, line.entry
      from held, jsonb_array_elements(${toStorableJson(entries)}::jsonb) with ordinality as line (entry, number)
      on conflict (run_id, sequence) do nothing)
    select run_id from held`.execute(db)
  if (rows.length === 0) throw takenOver(runId)
}

/** Replaces the earlier facts. Throws `RUN_TAKEN_OVER`. */
export async function writeRunJournalFacts(db: Connection, { runId, epoch }: Claim, facts: string): Promise<void> {
  const { rows } = await sql`
    with held as (select run_id from benchmark_requests where run_id = ${runId} and claim_epoch = ${epoch} for share)
    insert into run_journal_facts (run_id, facts) select run_id, ${toStorableText(facts)} from held
    on conflict (run_id) do update set facts = excluded.facts returning run_id`.execute(db)
  if (rows.length === 0) throw takenOver(runId)
}
