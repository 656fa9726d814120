/** Following a job live: every event once and in order, from where the reader left off, until the job has ended. */
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { expect, it } from 'vitest'
import { type JobEvent, JobStreamMessage } from '../../contract/schemas/job.ts'
import { sweep } from '../background/periodic-work.ts'
import { refusalOf } from '../testing/requests.ts'
import { useTestServer } from '../testing/use-test-server.ts'

// The stream never polls: it shows a change only after a wake-up.
const { server, tenant } = useTestServer({ settings: { pollRecheckMs: 600_000 } })

const log = (sequence: number, line = `line ${sequence}`): JobEvent => ({
  sequence,
  at: '2026-01-01T00:00:00.000Z',
  kind: 'log',
  data: { stream: 'stdout', line },
})
const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => log(from + index))

async function startJob() {
  const { clusterId, agent } = await server.onboard(tenant)
  const params = { cluster_id: clusterId }
  const { job_id } = await tenant.client.call('launchJob', { params, body: { job_kind: 'resnet50_benchmark' } })
  const address = { ...params, job_id }
  let token = ''
  return {
    address,
    lease: async () => {
      token = (await agent.call('pollJobs', { params, body: {} })).jobs[0]?.lease.token ?? ''
    },
    report: (events: JobEvent[]) =>
      agent.call('reportJobEvents', { params: address, body: { lease_token: token, started: true, events } }),
    complete: () => agent.call('completeJob', { params: address, body: { lease_token: token, status: 'succeeded' } }),
    follow: (lastEventId?: string, baseUrl = server.url) => openStream(baseUrl, address, lastEventId),
  }
}

interface Message {
  id: number | undefined
  message: JobStreamMessage
}

/** The messages of a stream as they arrive; ends with the stream. */
async function openStream(baseUrl: string, address: { cluster_id: string; job_id: string }, lastEventId?: string) {
  const closed = new AbortController()
  const headers = {
    authorization: `Bearer ${tenant.token}`,
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  }
  const url = `${baseUrl}/v1/clusters/${address.cluster_id}/jobs/${address.job_id}/stream`
  const response = await fetch(url, { headers, signal: closed.signal })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const messages = parseStream(response)
  return {
    next: async () => (await messages.next()).value,
    rest: async () => {
      const rest: Message[] = []
      for await (const message of messages) rest.push(message)
      return rest
    },
    close: () => closed.abort(),
  }
}

async function* parseStream(response: Response): AsyncGenerator<Message, undefined> {
  const events = response.body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
  for await (const { id, event, data } of events ?? []) {
    const message = JobStreamMessage.parse({ event, data: JSON.parse(data) })
    yield { id: id === undefined ? undefined : Number(id), message }
  }
  return undefined
}

/** A short form: statuses of the job and sequences of its events. */
const outline = (messages: (Message | undefined)[]) =>
  messages.map((each) => (each?.message.event === 'job' ? each.message.data.status : each?.message.data.sequence))

it('shows the job, each event as it arrives, and the job at its end; then the stream ends', async () => {
  const { lease, report, complete, follow } = await startJob()
  const stream = await follow()
  expect(outline([await stream.next()])).toEqual(['queued'])
  await lease()
  expect(outline([await stream.next()])).toEqual(['leased'])
  await report([log(1), log(2)])
  expect(outline([await stream.next(), await stream.next(), await stream.next()])).toEqual(['running', 1, 2])
  await report([log(3)])
  const third = await stream.next()
  expect(third).toEqual({ id: 3, message: { event: 'job_event', data: log(3) } })
  await complete()
  expect(outline(await stream.rest())).toEqual(['succeeded'])
})

it('continues after the last event of the reader', async () => {
  const { lease, report, complete, follow } = await startJob()
  await lease()
  await report(numbered(1, 5))
  const broken = await follow()
  for (let read = 0; read < 4; read++) await broken.next()
  broken.close()
  const again = await follow('3')
  expect(outline([await again.next(), await again.next(), await again.next()])).toEqual(['running', 4, 5])
  await report([log(6)])
  await complete()
  expect(outline(await again.rest())).toEqual([6, 'succeeded'])
})

it('shows all events of a job that has already ended', async () => {
  const { lease, report, complete, follow } = await startJob()
  await lease()
  await report(numbered(1, 3))
  await complete()
  expect(outline(await (await follow()).rest())).toEqual([1, 2, 3, 'succeeded'])
  expect(outline(await (await follow('3')).rest())).toEqual(['succeeded'])
})

it.each(['', 'garbage', '-1', '1.5', '99999999999'])(
  'starts from the beginning for the last event id %j',
  async (lastId) => {
    const { lease, report, complete, follow } = await startJob()
    await lease()
    await report([log(1)])
    await complete()
    expect(outline(await (await follow(lastId)).rest())).toEqual([1, 'succeeded'])
  },
)

it('shows thousands of events to several readers, each once and in order', async () => {
  const { lease, report, complete, follow } = await startJob()
  await lease()
  const readers = [await follow(), await follow(), await follow()]
  const reading = readers.map((reader) => reader.rest())
  for (let from = 1; from <= 2501; from += 500) await report(numbered(from, from + 499))
  await complete()
  for (const messages of await Promise.all(reading)) {
    const sequences = outline(messages).filter((each) => typeof each === 'number')
    expect(sequences).toEqual(Array.from({ length: 3000 }, (_, index) => index + 1))
    expect(outline(messages).at(-1)).toBe('succeeded')
  }
})

it('shows a cancel request, and the decisions of background work', async () => {
  const { address, lease, report, follow } = await startJob()
  await lease()
  await report([])
  const stream = await follow()
  expect(outline([await stream.next()])).toEqual(['running'])
  await tenant.client.call('cancelJob', { params: address })
  expect((await stream.next())?.message.data).toMatchObject({ status: 'running', cancel_requested: true })
  await server.db
    .updateTable('jobs')
    .set({ lease_expires_at: new Date(0) })
    .where('job_id', '=', address.job_id)
    .execute()
  await sweep(server.app, new Date(0))
  expect(outline(await stream.rest())).toEqual(['cancelled'])
})

it('shows on one server what an agent reports to another', async () => {
  const { lease, report, complete, follow } = await startJob()
  const replica = await server.startReplica()
  const stream = await follow(undefined, replica.url)
  expect(outline([await stream.next()])).toEqual(['queued'])
  await lease()
  expect(outline([await stream.next()])).toEqual(['leased'])
  await report([log(1)])
  await complete()
  expect(outline(await stream.rest()).slice(-2)).toEqual([1, 'succeeded'])
})

it('is refused before it begins for an unknown job', async () => {
  const { address } = await startJob()
  const params = { ...address, job_id: 'job_none' }
  expect(await refusalOf(tenant.client.open('streamJob', { params }))).toMatchObject({ code: 'NOT_FOUND' })
})

it('reads events in pages, of one kind on request', async () => {
  const { address, lease, report } = await startJob()
  await lease()
  const progress: JobEvent = {
    sequence: 4,
    at: '2026-01-01T00:00:01.000Z',
    kind: 'progress',
    data: {
      schema: 'radix.progress/v2',
      phase: 'timed',
      epoch: 1,
      step: 10,
      total_steps: 200,
      throughput: { value: 340.5, unit: 'images/s' },
      elapsed_seconds: 12,
      loss: 6.9,
    },
  }
  await report([...numbered(1, 3), progress])
  const read = (query: object) => tenant.client.call('listJobEvents', { params: address, query })
  expect((await read({ limit: 2 })).items.map((event) => event.sequence)).toEqual([1, 2])
  expect(await read({ after_sequence: 2, limit: 2 })).toEqual({ items: [log(3), progress], last_sequence: 4 })
  expect((await read({ kind: 'progress' })).items).toEqual([progress])
  expect(await read({ after_sequence: 4 })).toEqual({ items: [], last_sequence: 4 })
  expect(await tenant.client.call('getJob', { params: address })).toMatchObject({ progress: progress.data })
})
