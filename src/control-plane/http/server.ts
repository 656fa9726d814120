/** The HTTP side: turns the route table into Fastify routes. The handlers do the work of the routes. */
import fastifyHelmet from '@fastify/helmet'
import fastifySwagger from '@fastify/swagger'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type RouteShorthandOptions,
} from 'fastify'
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod'
import type { JSONWebKeySet } from 'jose'
import { z } from 'zod'
import type { Route } from '../../contract/route.ts'
import { ROUTES, type RouteName } from '../../contract/routes.ts'
import { Problem } from '../../contract/schemas/common.ts'
import { EvidenceDocument, evidenceJsonSchema } from '../../contract/schemas/evidence.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { VERSION } from '../../core/version.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { App } from '../app.ts'
import type { Authenticate } from '../auth/authenticate.ts'
import type { Identity } from '../auth/identity.ts'
import { requireRole, requireRoleNow } from '../auth/require-role.ts'
import { requireRunScope } from '../auth/run-scope.ts'
import type { FileAnswer } from '../file-answer.ts'
import { HANDLERS } from '../handlers.ts'
import { renderApiReference } from './api-reference.ts'
import { readJsonOnly } from './body.ts'
import { carryOutAudited } from './carry-out-audited.ts'
import { contentSecurityPolicy, findDashboard, serveDashboard } from './dashboard.ts'
import { sendFile } from './file.ts'
import { DOCUMENT_PATHS } from './methods.ts'
import { refuseUnreadable, sendError, sendNotFound } from './problems.ts'
import { limitRates, type RateLimitConfig, type RateLimits } from './rate-limit.ts'

export interface HttpParts {
  app: App
  authenticate: Authenticate
  localJwks: JSONWebKeySet
}

const identities = new WeakMap<FastifyRequest, Identity>()

/** `parts` is asked for when a request comes: the OpenAPI document needs routes only. */
export async function buildHttpServer(options: {
  parts: () => HttpParts
  logger?: FastifyBaseLogger
  rateLimitPerMinute: number
  /** Addresses that are trusted to name the origin of a request. */
  trustedProxies?: readonly string[] | undefined
}): Promise<FastifyInstance> {
  const server: FastifyInstance = fastify({
    ...(options.logger ? { loggerInstance: options.logger } : {}),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: CONTROL_PLANE_LIMITS.requestBody.value,
    ...(options.trustedProxies ? { trustProxy: [...options.trustedProxies] } : {}),
    requestTimeout: CONTROL_PLANE_LIMITS.requestReceipt.value,
    keepAliveTimeout: 75_000,
    forceCloseConnections: true,
    frameworkErrors: sendError,
    clientErrorHandler: refuseUnreadable,
    genReqId: () => crypto.randomUUID(),
  })
  server.setValidatorCompiler(compileValidator)
  server.setSerializerCompiler(serializerCompiler)
  server.setErrorHandler(sendError)
  // Before anything else, so that requests without a route count too.
  const limits = limitRates(server, options.rateLimitPerMinute)
  const dashboard = findDashboard()
  if (dashboard === undefined) server.setNotFoundHandler(sendNotFound)
  else await serveDashboard(server, dashboard)
  readJsonOnly(server)
  await server.register(fastifyHelmet, { contentSecurityPolicy: contentSecurityPolicy() })
  describeEvidence()
  await server.register(fastifySwagger, {
    openapi: openApiHeader(),
    transform: jsonSchemaTransform,
    // Schemas that have a name become components of their own.
    transformObject: jsonSchemaTransformObject,
  })
  observeRequests(server, options.parts)
  for (const name of Object.keys(ROUTES) as RouteName[]) addRoute(server, name, options.parts, limits)
  addDocuments(server, options.parts)
  return server
}

/** Fastify gives null where there was no body at all; to an optional schema that would be something. */
const compileValidator: typeof validatorCompiler = (route) => {
  const validate = validatorCompiler(route)
  return route.httpPart === 'body' ? (body) => validate(body ?? undefined) : validate
}

function observeRequests(server: FastifyInstance, parts: () => HttpParts): void {
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown'
    const labels = { method: request.method, route, status: String(reply.statusCode) }
    parts().app.metrics.requestSeconds.observe(labels, reply.elapsedTime / 1000)
    request.log.debug({ ...labels, ms: Math.round(reply.elapsedTime) }, 'answered')
  })
}

function addRoute(server: FastifyInstance, name: RouteName, parts: () => HttpParts, limits: RateLimits): void {
  const route: Route = ROUTES[name]
  const options: RouteShorthandOptions = {
    bodyLimit: route.bodyLimitBytes ?? CONTROL_PLANE_LIMITS.requestBody.value,
    schema: describeRoute(name, route),
    config: configOf(name, route),
    // After the address was counted, and before the body is read.
    preParsing: async (request, reply) => {
      const params = z.looseObject({ cluster_id: z.string().optional() }).parse(request.params ?? {})
      const identity = await parts().authenticate(route.auth, request, params.cluster_id)
      identities.set(request, identity)
      reply.header('x-request-id', request.id)
      limits.countIdentity(request, reply, identity)
      requireRole(route, identity)
    },
    preValidation: async (request) => {
      // Kept before defaults are filled in.
      rawBodies.set(request, request.body)
    },
  }
  server.route({
    method: route.method,
    url: route.path.replaceAll(/\{([a-z_]+)\}/g, ':$1'),
    ...options,
    preHandler: async (request) => {
      if (request.body !== undefined)
        identities.set(request, await requireRoleNow(parts().app, route, identityOf(request)))
      await requireRunScope(parts().app.db, identityOf(request), route, request)
    },
    handler: (request, reply) => handle(name, route, request, reply, parts().app),
  })
}

function configOf(name: RouteName, route: Route): RateLimitConfig & { redirect: boolean } {
  const { auth, redirect = false, rateLimitPerMinute: perMinute, unlimited = false } = route
  return { auth, redirect, unlimited, ...(perMinute === undefined ? {} : { own: { name, perMinute } }) }
}

function identityOf(request: FastifyRequest): Identity {
  return identities.get(request) ?? { kind: 'none' }
}

const rawBodies = new WeakMap<FastifyRequest, unknown>()

async function handle(name: RouteName, route: Route, request: FastifyRequest, reply: FastifyReply, app: App) {
  const hungUp = new AbortController()
  let undo: (() => Promise<void>) | undefined
  reply.raw.once('close', () => {
    hungUp.abort()
    if (!reply.raw.writableFinished) {
      undo?.().catch((error) =>
        request.log.error({ err: error }, 'the effects of an undelivered answer could not be undone'),
      )
    }
  })
  const origin = { requestId: request.id, address: request.ip }
  const audited = { identity: identityOf(request), params: request.params, body: request.body, origin }
  const { audit } = route
  const isAudited = audit && !audit.isByHandler
  // The table says which parts each handler gets; the validator has parsed them by the same table.
  const handler = HANDLERS[name] as (request: unknown, app: App) => Promise<unknown>
  const work = (parts: App) =>
    handler(
      {
        params: request.params,
        query: request.query,
        body: request.body,
        rawBody: rawBodies.get(request),
        identity: audited.identity,
        origin,
        headers: request.headers,
        idempotencyKey: route.idempotencyKey ? readIdempotencyKey(request) : undefined,
        setCookie: (cookie: string) => void reply.header('set-cookie', cookie),
        hungUp: hungUp.signal,
        onUndelivered: (callback: () => Promise<void>) => {
          undo = callback
          if (reply.raw.destroyed)
            callback().catch((error) =>
              request.log.error({ err: error }, 'the effects of an undelivered answer could not be undone'),
            )
        },
      },
      parts,
    )
  const answer = await (isAudited ? carryOutAudited(app, audit, audited, work) : work(app))
  if (route.redirect) return reply.header('cache-control', 'no-store').redirect(String(answer), route.status)
  if (route.file) return sendFile(answer as FileAnswer, request, reply)
  reply.code(route.status)
  if (route.stream)
    reply.type('text/event-stream').header('cache-control', 'no-cache').header('x-accel-buffering', 'no')
  return reply.send(answer)
}

function readIdempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && key.length > 0 && key.length <= CONTROL_PLANE_LIMITS.idempotencyKey.value) return key
  throw new RadixError('REQUEST_INVALID', {
    message: `headers.idempotency-key: must have 1 to ${CONTROL_PLANE_LIMITS.idempotencyKey.value} characters.`,
  })
}

function describeRoute(name: RouteName, route: Route) {
  const problem = { description: 'Problem (RFC 9457)', content: { 'application/problem+json': { schema: Problem } } }
  const success = route.answer ?? (route.stream || route.file ? undefined : z.undefined())
  return {
    operationId: name,
    summary: route.summary,
    tags: [route.tag],
    ...(route.params ? { params: route.params } : {}),
    ...(route.query ? { querystring: route.query } : {}),
    ...(route.body ? { body: route.body } : {}),
    ...(route.auth === 'none' ? {} : { security: [{ [route.auth]: [] }] }),
    ...(route.role === undefined ? {} : { description: `Needs the role ${route.role}.` }),
    // A route that redirects also redirects on an error.
    response: {
      ...(success ? { [route.status]: success } : {}),
      ...(route.redirect ? {} : { '4xx': problem, '5xx': problem }),
    },
  }
}

function addDocuments(server: FastifyInstance, parts: () => HttpParts): void {
  const schema = { hide: true }
  const [openapi, docs, keys, metrics] = DOCUMENT_PATHS
  server.get(openapi, { schema }, async () => server.swagger())
  server.get(docs, { schema }, async (_, reply) => {
    reply.type('text/html; charset=utf-8')
    return renderApiReference()
  })
  server.get(keys, { schema }, async () => parts().localJwks)
  server.get(metrics, { schema, config: { unlimited: true } }, async (_, reply) => {
    const { registry } = parts().app.metrics
    reply.type(registry.contentType)
    return registry.metrics()
  })
}

/** Any document with this schema's name is accepted; the description is of valid evidence. */
function describeEvidence(): void {
  const { $schema: _, ...schema } = evidenceJsonSchema()
  z.globalRegistry.add(EvidenceDocument, { id: 'Evidence', ...schema })
}

function openApiHeader() {
  const apiKey = (header: string, description: string) => ({
    type: 'apiKey' as const,
    in: 'header' as const,
    name: header,
    description,
  })
  return {
    openapi: '3.1.0',
    info: {
      title: 'Radix control plane',
      version: VERSION,
      description: 'Clusters, jobs, runs, evidence and telemetry. Errors are problem documents (RFC 9457).',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    components: {
      securitySchemes: {
        user: { type: 'http' as const, scheme: 'bearer', bearerFormat: 'JWT', description: 'A user token' },
        onboarding: apiKey('X-Radix-One-Time-Token', 'A single-use onboarding token'),
        cluster: apiKey('X-Radix-Cluster-Token', "The token of a cluster's agent"),
        api_key: apiKey('x-radix-api-key', 'A telemetry API key'),
      },
    },
  }
}
