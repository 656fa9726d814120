/** Server-sent events (the WHATWG format), as far as the control plane uses them. */

import { HARNESS_LIMITS } from '../core/limits/harness.ts'
import { readLines } from '../core/read-lines.ts'

const LINES = { maxCharacters: HARNESS_LIMITS.streamLine.value, unended: 'dropped' } as const

export interface ServerSentEvent {
  event: string
  data: string
  /** The last id that the stream has named. */
  id: string | null
}

/**
 * Parses a stream to its end. Comments keep the connection alive and are dropped; an event cut off at the end too.
 * Throws `LineTooLong`, which is handled like a broken connection: the reader may reopen the stream.
 */
export async function* parseServerSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let event = 'message'
  let data: string[] = []
  let id: string | null = null
  for await (const line of readLines(body, LINES)) {
    if (line === '') {
      if (data.length > 0) yield { event, data: data.join('\n'), id }
      event = 'message'
      data = []
      continue
    }
    const separator = line.indexOf(':')
    const field = separator === -1 ? line : line.slice(0, separator)
    const value = separator === -1 ? '' : line.slice(separator + 1).replace(/^ /, '')
    if (field === 'event') event = value
    else if (field === 'data') data.push(value)
    else if (field === 'id' && !value.includes('\0')) id = value
  }
}
