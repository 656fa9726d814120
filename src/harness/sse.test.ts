import { ParseError } from 'eventsource-parser'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HARNESS_LIMITS } from '../core/limits/harness.ts'
import { parseServerSentEvents, type ServerSentEvent } from './sse.ts'

async function parse(chunks: readonly Uint8Array[]): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = []
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
  for await (const event of parseServerSentEvents(body)) events.push(event)
  return events
}

const parseText = (text: string) => parse([new TextEncoder().encode(text)])

describe('a stream of server-sent events', () => {
  it('has events with name, data and id', async () => {
    expect(await parseText('event: job\ndata: {"a": 1}\nid: 7\n\ndata: x\n\n')).toEqual([
      { event: 'job', data: '{"a": 1}', id: '7' },
      { event: 'message', data: 'x', id: '7' },
    ])
  })

  it('may have data of several lines, comments, and any line ending', async () => {
    expect(await parseText(': alive\r\ndata: a\r\ndata:b\r\n\r\ndata\r\rdata: é\n\n')).toEqual([
      { event: 'message', data: 'a\nb', id: null },
      { event: 'message', data: '', id: null },
      { event: 'message', data: 'é', id: null },
    ])
  })

  it('that is cut off has no partial event at its end', async () => {
    expect(await parseText('data: whole\n\ndata: half')).toEqual([{ event: 'message', data: 'whole', id: null }])
  })

  it('keeps an id for the next events, and ignores one with a zero character', async () => {
    const ids = (await parseText('data: a\n\nid: 1\ndata: b\n\nid: 2\0\ndata: c\n\nid\ndata: d\n\n')).map(
      ({ id }) => id,
    )
    expect(ids).toEqual([null, '1', '1', ''])
  })

  it.each(['data: ', 'data: a longer line\n'])('fails when an event exceeds the limit: %j', async (part) => {
    const chunk = new TextEncoder().encode(part.repeat(65_536))
    const sent = Math.ceil(HARNESS_LIMITS.streamEvent.value / chunk.length) * 4
    let pulled = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (pulled++ < sent) controller.enqueue(chunk)
        else controller.close()
      },
    })
    await expect(parseServerSentEvents(body).next()).rejects.toThrow(ParseError)
    expect(pulled).toBeLessThan(sent)
  })

  it('is parsed alike in any chunks', async () => {
    const text = 'event: job\ndata: {"naïve": "€"}\r\nid: 1\r\n\r\n: comment\ndata: two\ndata: lines\n\n'
    const bytes = new TextEncoder().encode(text)
    const whole = await parse([bytes])
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), async (cuts) => {
        const sorted = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        const chunks = sorted.slice(1).map((end, index) => bytes.slice(sorted[index], end))
        expect(await parse(chunks)).toEqual(whole)
      }),
    )
  })
})
