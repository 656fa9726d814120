/** Converts every error into a problem document on its way out. Bugs reveal no internals. */
import type { Socket } from 'node:net'
import type { ConnectionError, FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { cutText } from '../../core/cut-text.ts'
import { endSentence } from '../../core/format.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { OutsideJsonError } from '../../core/outside-json.ts'
import { printableLine } from '../../core/printable.ts'
import { redact } from '../../core/redact.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { asRadixError, renderProblem } from '../../errors/render.ts'
import { nodeHttp } from '../../system/http-modules.ts'
import { signInPage } from '../auth/sign-in/page.ts'
import { classifyDatabaseError } from '../store/database-errors.ts'
import { methodsOf } from './methods.ts'

const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

export function sendError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void {
  const known = toRadixError(error, request)
  if (known.httpStatus >= 500) request.log.error({ err: error, code: known.code }, 'request failed')
  if (isForBrowsers(request)) return void sendToPage(known, request, reply)
  if (known.code === 'RATE_LIMITED') reply.header('retry-after', known.details.retry_after_seconds)
  sendProblem(reply, request, known)
}

export function sendNotFound(request: FastifyRequest, reply: FastifyReply): void {
  const path = pathOf(request)
  const { method } = request
  const methods = methodsOf(path)
  if (methods.length === 0) {
    sendProblem(reply, request, new RadixError('ROUTE_NOT_FOUND', { method, path }))
    return
  }
  const allowed = methods.join(', ')
  reply.header('allow', allowed)
  sendProblem(reply, request, new RadixError('METHOD_NOT_ALLOWED', { method, path, allowed }))
}

/** Input that is not HTTP, has too long a header, or arrives too late: there is no request to reply to yet. */
export function refuseUnreadable(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const message = `the request cannot be read (${error.code ?? 'unknown reason'}).`
  const problem = renderProblem(new RadixError('REQUEST_INVALID', { message }))
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${nodeHttp().STATUS_CODES[problem.status]}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function sendProblem(reply: FastifyReply, request: FastifyRequest, error: RadixError): void {
  const problem = renderProblem(error, pathOf(request))
  reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem))
}

/**
 * A browser that was redirected here cannot show a problem document, so the sign-in page also shows unhandled errors.
 */
function sendToPage({ code, why, httpStatus }: RadixError, request: FastifyRequest, reply: FastifyReply): void {
  if (httpStatus < 500 && code !== 'RATE_LIMITED') request.log.warn({ code, reason: redact(why) }, 'a sign-in failed')
  reply.redirect(signInPage({ error: code }))
}

function isForBrowsers({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.config.redirect === true
}

/** Without the query, which may contain sensitive values. */
function pathOf(request: FastifyRequest): string {
  return echo(request.url.split('?')[0] ?? request.url)
}

/** The part of a request that an error repeats: short, on one line, without secrets. */
function echo(text: string): string {
  // Redacted first: half of a secret would not be known for one.
  return cutText(redact(printableLine(text)), CONTROL_PLANE_LIMITS.echo.value)
}

function toRadixError(error: FastifyError | Error, request: FastifyRequest): RadixError {
  if (error instanceof RadixError) return error
  if (hasZodFastifySchemaValidationErrors(error)) return invalidRequest(error)
  if (error instanceof OutsideJsonError) return fromJson(error)
  switch (classifyDatabaseError(error)) {
    case 'disk-full':
      return new RadixError('DISK_FULL', { path: 'the data directory of the control plane' }, { cause: error })
    case 'unavailable':
      return new RadixError('UNAVAILABLE', { reason: 'The database does not answer.' }, { cause: error })
    case 'value': {
      const message = 'a value cannot be stored (a number or a time out of range, or a NUL character in a text).'
      return new RadixError('REQUEST_INVALID', { message }, { cause: error })
    }
  }
  return fromFastify(error, request) ?? asRadixErrorWithoutDetails(error)
}

function fromJson(error: OutsideJsonError): RadixError {
  const message = endSentence(echo(error.message))
  const code = error.kind === 'not-json' ? 'REQUEST_MALFORMED_JSON' : 'REQUEST_INVALID'
  return new RadixError(code, { message: code === 'REQUEST_INVALID' ? `body: ${message}` : message }, { cause: error })
}

function fromFastify(error: FastifyError | Error, request: FastifyRequest): RadixError | undefined {
  const code = 'code' in error ? error.code : undefined
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new RadixError('REQUEST_TOO_LARGE', { limit_bytes: request.routeOptions.bodyLimit ?? 0 })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new RadixError('REQUEST_UNSUPPORTED_MEDIA_TYPE', {
        content_type: echo(request.headers['content-type'] ?? 'nothing'),
      })
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new RadixError('REQUEST_MALFORMED_JSON', { message: echo(error.message) })
  }
  const status = 'statusCode' in error ? error.statusCode : undefined
  if (error instanceof SyntaxError || (status === 400 && code === undefined)) {
    return new RadixError('REQUEST_MALFORMED_JSON', { message: echo(error.message) })
  }
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new RadixError('REQUEST_INVALID', { message: echo(error.message) })
  }
  return undefined
}

function invalidRequest(error: {
  validation: { instancePath: string; message?: string }[]
  validationContext?: string | undefined
}): RadixError {
  const context = error.validationContext ?? 'request'
  const errors = error.validation
    .slice(0, CONTROL_PLANE_LIMITS.namedMembers.value)
    .map(({ instancePath, message }) => ({
      path: echo([context, ...instancePath.split('/').filter(Boolean)].join('.')),
      message: echo(message ?? 'is not valid'),
    }))
  const message = endSentence(errors.map((each) => `${each.path}: ${each.message}`).join('; '))
  return new RadixError('REQUEST_INVALID', { message }, { details: { errors } })
}

/** Internal details stay internal: the log has them. */
function asRadixErrorWithoutDetails(error: Error): RadixError {
  const known = asRadixError(error)
  const message = 'see the log of the control plane'
  return known.code === 'INTERNAL' ? new RadixError('INTERNAL', { message }, { cause: error }) : known
}
