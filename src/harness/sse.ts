/** Server-sent events (the WHATWG format), within a limit. */

import { EventSourceParserStream } from 'eventsource-parser/stream'
import { HARNESS_LIMITS } from '../core/limits/harness.ts'

export interface ServerSentEvent {
  event: string
  data: string
  /** The last id that an event of the stream has named. */
  id: string | null
}

/**
 * Parses a stream to its end. Comments keep the connection alive and are dropped; an event cut off at the end too. Throws
 * `ParseError` where an event, or a line of it, grows past the limit.
 */
export async function* parseServerSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const events = body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream({ maxBufferSize: HARNESS_LIMITS.streamEvent.value }))
  let lastId: string | null = null
  for await (const { event = 'message', data, id } of events) {
    lastId = id ?? lastId
    yield { event, data, id: lastId }
  }
}
