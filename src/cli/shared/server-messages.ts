/** What an embedded server and the command that started it tell each other, one through IPC, one as an argument. */

import { z } from 'zod'
import { SYSTEM_LIMITS } from '../../core/limits/system.ts'
import { tryParseOutsideJson } from '../../core/outside-json.ts'
import type { ProcessIdentity } from '../../system/process-table.ts'

/** From `radix server` to the process that started it. */
export const ServerMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), url: z.url() }),
  z.object({ type: z.literal('failed'), code: z.string(), why: z.string(), fix: z.string() }),
])
export type ServerMessage = z.infer<typeof ServerMessage>

const Owner = z.object({ pid: z.number().int().positive(), startTime: z.string() })

/** For the command line of the server, from its first moment on: a parent may die before the server asks for it. */
export function renderOwner({ pid, startTime }: ProcessIdentity): string {
  return JSON.stringify({ pid, startTime })
}

export function parseOwner(text: string): ProcessIdentity | undefined {
  return tryParseOutsideJson(text, Owner, { maxCharacters: SYSTEM_LIMITS.record.value }) ?? undefined
}
