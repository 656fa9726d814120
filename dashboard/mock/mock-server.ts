/**
 * A control plane that is made up, for work on the dashboard without one: the route table drives it, so that a handler takes
 * what the route takes and answers what the route answers; an answer outside the contract is an error, not a picture.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { z } from 'zod'
import type { Route } from '../../src/contract/route.ts'
import { ROUTES, type RouteName } from '../../src/contract/routes.ts'
import { RadixError } from '../../src/errors/radix-error.ts'
import { asRadixError, renderProblem } from '../../src/errors/render.ts'

type Routes = typeof ROUTES
type Parsed<R, K extends string> = R extends { [key in K]: infer S extends z.ZodType } ? z.output<S> : undefined

interface MockRequest<N extends RouteName> {
  params: Parsed<Routes[N], 'params'>
  query: Parsed<Routes[N], 'query'>
  body: Parsed<Routes[N], 'body'>
  /** Aborted when the reader of the answer has gone, which ends a stream. */
  signal: AbortSignal
}

/** One server-sent event. */
export interface StreamMessage {
  event: string
  data: unknown
  id?: number
}

type MockAnswer<N extends RouteName> = Routes[N] extends { stream: true }
  ? AsyncIterable<StreamMessage>
  : Routes[N] extends { redirect: true }
    ? string
    : Routes[N] extends { answer: infer S extends z.ZodType }
      ? z.input<S>
      : undefined

/** What a route answers; one that redirects, where to. A `RadixError` that is thrown becomes its problem document. */
export type MockHandlers = {
  [N in RouteName]?: (request: MockRequest<N>) => MockAnswer<N> | Promise<MockAnswer<N>>
}

/** Answers what is a route's; false for anything else. */
export async function answerMocked(
  handlers: MockHandlers,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const url = new URL(request.url ?? '/', 'http://mock')
  if (!url.pathname.startsWith('/v1/')) return false
  try {
    const { name, route, params } = findRoute(request.method ?? 'GET', url.pathname)
    const body = await text(request)
    const closing = new AbortController()
    response.on('close', () => closing.abort())
    const answer = await callHandler(handlers, name, {
      params: route.params?.parse(params),
      query: route.query?.parse(Object.fromEntries(url.searchParams)),
      body: route.body?.parse(body === '' ? undefined : JSON.parse(body)),
      signal: closing.signal,
    })
    if (route.stream) await sendStream(response, answer as AsyncIterable<StreamMessage>)
    else if (route.redirect) response.writeHead(route.status, { location: String(answer) }).end()
    else send(response, route.status, route.answer?.parse(answer))
  } catch (error) {
    const problem = renderProblem(asRadixError(error), url.pathname)
    send(response, problem.status, problem)
  }
  return true
}

function findRoute(method: string, path: string): { name: RouteName; route: Route; params: Record<string, string> } {
  for (const [name, route] of Object.entries<Route>(ROUTES)) {
    const pattern = new RegExp(`^${route.path.replaceAll(/\{([a-z_]+)\}/g, '(?<$1>[^/]+)')}$`)
    const found = route.method === method ? pattern.exec(path) : null
    if (found) return { name: name as RouteName, route, params: { ...found.groups } }
  }
  throw new RadixError('ROUTE_NOT_FOUND', { method, path })
}

function callHandler(handlers: MockHandlers, name: RouteName, request: unknown): unknown {
  const handler = handlers[name]
  if (!handler) throw new RadixError('UNAVAILABLE', { reason: `The mock has no answer for ${name}.` })
  // The table says what each handler takes; it was parsed by the same table.
  return (handler as (request: unknown) => unknown)(request)
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

async function sendStream(response: ServerResponse, messages: AsyncIterable<StreamMessage>): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  for await (const { event, data, id } of messages) {
    if (response.destroyed) return
    response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }
  response.end()
}
