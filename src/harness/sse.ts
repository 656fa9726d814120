/** Server-sent events (the WHATWG format), within a limit. */

import { createParser, type ParseError } from 'eventsource-parser'
import { HARNESS_LIMITS } from '../core/limits/harness.ts'

export interface ServerSentEvent {
  event: string
  data: string
  /** The last id that the stream has named. */
  id: string | null
}

/**
 * Parses a stream to its end. Comments keep the connection alive and are dropped; an event cut off at the end too. Throws
 * `ParseError` where an event, or a line of it, grows past the limit. What arrived before a connection broke is yielded
 * first: piped through a `TransformStream` it would be lost.
 */
export async function* parseServerSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let arrived: ServerSentEvent[] = []
  let id: string | null = null
  let tooLarge: ParseError | undefined
  const parser = createParser({
    maxBufferSize: HARNESS_LIMITS.streamEvent.value,
    onId: (named) => {
      id = named
    },
    onEvent: ({ event = 'message', data }) => arrived.push({ event, data, id }),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') tooLarge = error
    },
  })
  const decoder = new TextDecoder()
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }))
    yield* arrived
    arrived = []
    if (tooLarge) throw tooLarge
  }
}
