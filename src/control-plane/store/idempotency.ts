/**
 * Idempotency keys: a key is written in the transaction of its request, so both are stored or neither. A second request
 * waits on the key's row until the first has finished.
 */
import { createHash } from 'node:crypto'
import type { z } from 'zod'
import { RadixError } from '../../errors/radix-error.ts'
import type { Connection, Database } from './database.ts'
import { inTransaction } from './statements.ts'

export interface IdempotentRequest {
  tenantId: string
  /** Route and path, so one key may serve several routes. */
  route: string
  key: string | undefined
  body: unknown
}

/** Runs `effect` once per key, and answers every repetition with the first answer. Throws `IDEMPOTENCY_KEY_REUSED`. */
export async function runOnce<T>(
  db: Database,
  request: IdempotentRequest,
  answerSchema: z.ZodType<T>,
  effect: (connection: Connection) => Promise<T>,
): Promise<{ answer: T; repeated: boolean }> {
  const { tenantId, route, key } = request
  if (key === undefined) return { answer: await effect(db), repeated: false }
  const requestHash = createHash('sha256').update(JSON.stringify(request.body)).digest()
  return inTransaction(db, async (trx) => {
    const inserted = await trx
      .insertInto('idempotency_keys')
      .values({ tenant_id: tenantId, route, key, request_hash: requestHash, answer: 'null' })
      .onConflict((conflict) => conflict.doNothing())
      .returning('key')
      .executeTakeFirst()
    if (!inserted) {
      const answer = await readAnswer(trx, request, requestHash)
      return { answer: answerSchema.parse(answer), repeated: true }
    }
    const answer = await effect(trx)
    await trx
      .updateTable('idempotency_keys')
      .set({ answer: JSON.stringify(answer) })
      .where('tenant_id', '=', tenantId)
      .where('route', '=', route)
      .where('key', '=', key)
      .execute()
    return { answer, repeated: false }
  })
}

async function readAnswer(connection: Connection, request: IdempotentRequest, requestHash: Buffer): Promise<unknown> {
  const first = await connection
    .selectFrom('idempotency_keys')
    .select(['request_hash', 'answer'])
    .where('tenant_id', '=', request.tenantId)
    .where('route', '=', request.route)
    .where('key', '=', request.key ?? '')
    .executeTakeFirstOrThrow()
  if (!first.request_hash.equals(requestHash)) throw new RadixError('IDEMPOTENCY_KEY_REUSED')
  return first.answer
}
