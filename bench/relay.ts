/**
 * The transports of a relay, side by side over moto: how long a request of an agent takes, how many requests to AWS an idle
 * and a working agent cause, and what a run of 15 minutes costs by the published prices. moto answers from this machine: AWS
 * adds the way there, four times for each request of the agent.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SQSClient } from '@aws-sdk/client-sqs'
import { startMoto } from '../e2e/support/moto.ts'
import { systemClock } from '../src/core/clock.ts'
import { newId } from '../src/core/ids.ts'
import { silentLogger } from '../src/core/logger.ts'
import { createAwsClients } from '../src/providers/ec2/aws-clients.ts'
import { Ec2Relays } from '../src/providers/ec2/relay/ec2-relays.ts'
import { openAccess, parseAccessFile, RELAYED_API_BASE } from '../src/relay/access.ts'
import { type RelayClient, startRelayClient } from '../src/relay/relay-client.ts'
import { startRelayServer } from '../src/relay/relay-server.ts'
import { newRelayKey } from '../src/relay/seal.ts'
import type { RelayTransport } from '../src/relay/transport.ts'
import { createUrlTransport } from '../src/relay/url-transport.ts'
import { createQueue, createQueueTransport } from './relay-sqs.ts'
import { type Finding, milliseconds } from './report.ts'
import { median, p99 } from './rounds.ts'

/** US dollars for each request: list prices of us-west-2 as quoted in June 2026. See aws.amazon.com/s3/pricing, /sqs/pricing. */
const PRICES: Readonly<Record<string, number>> = {
  PUT: 0.005 / 1000,
  GET: 0.0004 / 1000,
  SendMessage: 0.4 / 1e6,
  ReceiveMessage: 0.4 / 1e6,
  DeleteMessage: 0.4 / 1e6,
}
const REGION = 'us-west-2'
const WINDOW_MS = 40_000
const MINUTE_MS = 60_000
/** Of a run: booting and waiting, then measuring. */
const RUN_MINUTES = { idle: 5, working: 10 }

interface Side {
  agent: RelayTransport
  controlPlane: RelayTransport
  requests: Map<string, number>
}

export async function measureRelay(): Promise<Finding[]> {
  const moto = await startMoto()
  const directory = await mkdtemp(join(tmpdir(), 'radix-bench-relay-'))
  Object.assign(process.env, moto.env)
  try {
    const sides = { 'S3, presigned addresses': await openBucket(directory), 'SQS, two queues': await openQueues() }
    return (await Promise.all(Object.entries(sides).map(([name, side]) => measure(name, side)))).flat()
  } finally {
    await moto.stop()
    await rm(directory, { recursive: true })
  }
}

async function openBucket(directory: string): Promise<Side> {
  const clusterId = newId('cl')
  const relays = new Ec2Relays(createAwsClients(REGION), { directory, baseUrl: '', logger: silentLogger }, systemClock)
  const deadlineAt = new Date(Date.now() + 3_600_000)
  const record = await relays.open(
    { ownerId: clusterId, clusterId, deadlineAt, managedBy: 'radix' },
    new AbortController().signal,
  )
  const access = parseAccessFile(relays.accessFileOf(record), 'bench')
  const addresses = await openAccess(access, new AbortController().signal)
  const requests = new Map<string, number>()
  const counting: typeof fetch = (input, init) => {
    count(requests, init?.method ?? 'GET')
    return fetch(input, init)
  }
  return {
    agent: createUrlTransport(addresses, counting),
    controlPlane: createUrlTransport(record, counting),
    requests,
  }
}

async function openQueues(): Promise<Side> {
  const sqs = new SQSClient({ region: REGION })
  const [up, down] = [await createQueue(sqs, 'to-control-plane'), await createQueue(sqs, 'to-agent')]
  const requests = new Map<string, number>()
  sqs.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        count(requests, commandName.replace('Command', ''))
        return next(args)
      },
    { step: 'initialize' },
  )
  return {
    agent: createQueueTransport(sqs, down, up),
    controlPlane: createQueueTransport(sqs, up, down),
    requests,
  }
}

function count(requests: Map<string, number>, name: string): void {
  requests.set(name, (requests.get(name) ?? 0) + 1)
}

async function measure(name: string, { agent, controlPlane, requests }: Side): Promise<Finding[]> {
  const ports = { key: newRelayKey(), clock: systemClock, logger: silentLogger }
  const answer: typeof fetch = async (input) => {
    if (String(input).endsWith('/poll')) await delay(30_000)
    return new Response('{}')
  }
  const server = startRelayServer({
    ...ports,
    transport: controlPlane,
    clusterId: 'cl_1',
    baseUrl: 'http://x',
    fetch: answer,
  })
  const client = startRelayClient({ ...ports, transport: agent })
  try {
    await post(client, 'heartbeat')
    const idle = await measureWindow(requests, async (signal) => {
      void repeat(signal, 0, () => post(client, 'jobs/poll', signal))
      return repeat(signal, 10_000, () => post(client, 'heartbeat', signal))
    })
    // An agent that works sends the samples of each second, and a heartbeat now and then; it does not poll.
    const working = await measureWindow(requests, async (signal) => {
      void repeat(signal, 10_000, () => post(client, 'heartbeat', signal))
      return repeat(signal, 1000, () => post(client, 'jobs/job_1/events', signal, 'x'.repeat(800)))
    })
    const costUsd = idle.costUsd * RUN_MINUTES.idle + working.costUsd * RUN_MINUTES.working
    return [
      { what: `${name}: request, idle`, ...latency(idle.latenciesMs) },
      { what: `${name}: request, working`, ...latency(working.latenciesMs) },
      { what: `${name}: requests to AWS per minute, idle`, median: idle.perMinute },
      { what: `${name}: requests to AWS per minute, working`, median: working.perMinute },
      { what: `${name}: run of 15 minutes`, median: `$${costUsd.toFixed(4)}` },
    ]
  } finally {
    await Promise.all([client.close(), server.close()])
  }
}

interface Window {
  latenciesMs: number[]
  perMinute: string
  /** Per minute. */
  costUsd: number
}

async function measureWindow(
  requests: Map<string, number>,
  load: (signal: AbortSignal) => Promise<number[]>,
): Promise<Window> {
  requests.clear()
  const latenciesMs = await load(AbortSignal.timeout(WINDOW_MS))
  const minutes = WINDOW_MS / MINUTE_MS
  const perMinute = [...requests].map(([name, value]) => `${Math.round(value / minutes)} ${name}`)
  const costUsd = [...requests].reduce(
    (sum, [name, value]) => sum + (value / minutes) * (PRICES[name] ?? Number.NaN),
    0,
  )
  return { latenciesMs, perMinute: perMinute.sort().join(', '), costUsd }
}

/** How long each call took, in ms, until the signal aborts. */
async function repeat(signal: AbortSignal, pauseMs: number, call: () => Promise<unknown>): Promise<number[]> {
  const latenciesMs: number[] = []
  try {
    for (;;) {
      const startedMs = performance.now()
      await call()
      latenciesMs.push(performance.now() - startedMs)
      await delay(pauseMs, undefined, { signal })
    }
  } catch (error) {
    if (!signal.aborted) throw error
    return latenciesMs
  }
}

async function post(client: RelayClient, path: string, signal?: AbortSignal, body = '{}'): Promise<void> {
  const init = { method: 'POST', body, ...(signal ? { signal } : {}) }
  await (await client.fetch(`${RELAYED_API_BASE}/v1/clusters/cl_1/${path}`, init)).text()
}

function latency(values: readonly number[]): Pick<Finding, 'median' | 'p99'> {
  return { median: milliseconds(median(values)), p99: milliseconds(p99(values)) }
}
