/** Server-sent events (the WHATWG format), as far as the control plane uses them. */

import { HARNESS_LIMITS } from '../core/limits/harness.ts'

export interface ServerSentEvent {
  event: string
  data: string
  /** The last id that the stream has named. */
  id: string | null
}

/** Parses a stream to its end. Comments keep the connection alive and are dropped; an event cut off at the end too. */
export async function* parseServerSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let event = 'message'
  let data: string[] = []
  let id: string | null = null
  for await (const line of readLines(body)) {
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

/** Handled like a broken connection: the reader may reopen the stream. */
class StreamLineTooLong extends Error {
  readonly code = 'STREAM_LINE_TOO_LONG'
}

/** Lines end in \n, \r\n or \r; what follows the last end is not a line. */
async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let buffer = ''
  for await (const chunk of body) {
    buffer += decoder.decode(chunk, { stream: true })
    if (buffer.length > HARNESS_LIMITS.streamLine.value) throw new StreamLineTooLong()
    for (;;) {
      const end = buffer.search(/\r|\n/)
      // A \r at the end of what has arrived may be the first half of \r\n.
      if (end === -1 || (buffer[end] === '\r' && end === buffer.length - 1)) break
      yield buffer.slice(0, end)
      buffer = buffer.slice(buffer.startsWith('\r\n', end) ? end + 2 : end + 1)
    }
  }
}
