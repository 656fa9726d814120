/**
 * Evidence of runs, verified before it is stored. All numbers about a run are derived from it here, and nowhere else.
 */
import { sql } from 'kysely'
import { Evidence } from '../../contract/schemas/evidence.ts'
import { toStorableJson } from '../../core/storable.ts'
import { isFinal, RUN_TRANSITIONS } from '../../core/transitions.ts'
import { notFound } from '../../errors/not-found.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { verifyEvidence } from '../../evidence/signature/verify.ts'
import type { App } from '../app.ts'
import { announce } from '../events/changes.ts'
import { lockRun, type RunAddress } from '../runs/runs.ts'
import type { Connection, Database } from '../store/database.ts'
import { inTransaction } from '../store/statements.ts'
import { tellRegression } from '../webhooks/tell-regression.ts'
import { keepMeasurement } from './measurements.ts'

/** Storing the same document again changes nothing. Throws `EVIDENCE_NOT_STORED`. */
export async function putEvidence(app: App, address: RunAddress, document: Record<string, unknown>): Promise<void> {
  const { state, reason } = verifyEvidence(document, address.runId)
  if (state === 'changed' || state === 'unreadable') throw notStored(address, reason)
  if (document.run_id !== undefined && document.run_id !== address.runId) {
    throw notStored(address, 'it is the evidence of another run')
  }
  const text = toStorableJson(document)
  let hasNews = false
  await inTransaction(app.db, async (trx) => {
    const status = await lockRun(trx, address)
    const stored = await readStored(trx, address, text)
    if (stored?.is_same) return
    if (stored?.is_signed && state === 'unsigned') throw notStored(address, 'signed evidence is stored already')
    if (stored && isFinal(RUN_TRANSITIONS, status)) throw notStored(address, `the run has ended as ${status}`)
    await trx
      .insertInto('run_evidence')
      .values({ tenant_id: address.tenantId, run_id: address.runId, document: text })
      .onConflict((conflict) =>
        conflict.columns(['tenant_id', 'run_id']).doUpdateSet({ document: text, stored_at: sql`now()` }),
      )
      .execute()
    // Unsigned evidence can be read, and nothing vouches for it: no list, trend or comparison has its numbers.
    if (state !== 'valid') return
    // Of a document that does not fit the schema nothing is known.
    const evidence = Evidence.safeParse(document).data
    if (!evidence) return
    await keepMeasurement(trx, address, evidence)
    hasNews = await tellRegression(app, trx, address)
  })
  if (hasNews) app.bus.publish('webhooks')
  announce(app, address.tenantId, 'runs')
}

/** The document as it is stored, unverified. Throws `NOT_FOUND`. */
export async function getEvidence(db: Database, address: RunAddress) {
  const row = await db
    .selectFrom('run_evidence')
    .select('document')
    .where('tenant_id', '=', address.tenantId)
    .where('run_id', '=', address.runId)
    .executeTakeFirst()
  if (!row) throw notFound('evidence of run', address.runId)
  return row.document
}

function readStored(connection: Connection, address: RunAddress, text: string) {
  return connection
    .selectFrom('run_evidence')
    .select([
      sql<boolean>`document ? 'signature'`.as('is_signed'),
      sql<boolean>`document = ${text}::jsonb`.as('is_same'),
    ])
    .where('tenant_id', '=', address.tenantId)
    .where('run_id', '=', address.runId)
    .executeTakeFirst()
}

function notStored({ runId }: RunAddress, reason: string): RadixError {
  return new RadixError('EVIDENCE_NOT_STORED', { run_id: runId, reason })
}
