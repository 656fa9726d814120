/** Errors on their way out: everything becomes a problem document; bugs say nothing about the inside. */
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionError, FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { redact } from '../../core/redact.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { asRadixError, renderProblem } from '../../errors/render.ts'
import { signInPage } from '../auth/sign-in/page.ts'
import { sqlState } from '../store/database.ts'

/** SQLSTATE classes that pass by themselves: connection lost, shutting down, cannot connect now. */
const UNAVAILABLE_STATES = /^(08|57P|53300)/
const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'
const DISK_FULL_STATE = '53100'
/** Values that passed the schema and that a column still does not take: too large a number, NUL in a text, no such day. */
const UNSTORABLE_STATES = new Set(['22003', '22007', '22008', '22021', '22P02', '22P05'])

export function sendError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void {
  const known = toRadixError(error, request)
  if (known.httpStatus >= 500) request.log.error({ err: error, code: known.code }, 'request failed')
  if (isForBrowsers(request)) return void sendToPage(known, request, reply)
  if (known.code === 'RATE_LIMITED') reply.header('retry-after', known.details.retry_after_seconds)
  sendProblem(reply, request, known)
}

export function sendNotFound(request: FastifyRequest, reply: FastifyReply): void {
  const path = pathOf(request)
  sendProblem(reply, request, new RadixError('ROUTE_NOT_FOUND', { method: request.method, path }))
}

/** What is no HTTP, has too long a header, or does not come in time: there is no request yet to reply to. */
export function refuseUnreadable(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const message = `the request cannot be read (${error.code ?? 'unknown reason'}).`
  const problem = renderProblem(new RadixError('REQUEST_INVALID', { message }))
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
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

/** Nobody reads a problem document who was sent here from another page: what cannot even be handled is told there, too. */
function sendToPage({ code, why, httpStatus }: RadixError, request: FastifyRequest, reply: FastifyReply): void {
  if (httpStatus < 500 && code !== 'RATE_LIMITED') request.log.warn({ code, reason: redact(why) }, 'a sign-in failed')
  reply.redirect(signInPage({ error: code }))
}

function isForBrowsers({ routeOptions }: FastifyRequest): boolean {
  return 'redirect' in routeOptions.config && routeOptions.config.redirect === true
}

/** Without the query: it may hold what should not be repeated. */
function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? request.url
}

function toRadixError(error: FastifyError | Error, request: FastifyRequest): RadixError {
  if (error instanceof RadixError) return error
  if (hasZodFastifySchemaValidationErrors(error)) return invalidRequest(error)
  const state = sqlState(error)
  if (state === DISK_FULL_STATE) {
    return new RadixError('DISK_FULL', { path: 'the data directory of the control plane' }, { cause: error })
  }
  if (state ? UNAVAILABLE_STATES.test(state) : isConnectionLoss(error)) {
    return new RadixError('UNAVAILABLE', { reason: 'The database does not answer.' }, { cause: error })
  }
  if (state && UNSTORABLE_STATES.has(state)) {
    const message = 'a value is outside of what can be stored (a number too large, or a NUL character in a text).'
    return new RadixError('REQUEST_INVALID', { message }, { cause: error })
  }
  return fromFastify(error, request) ?? asRadixErrorWithoutDetails(error)
}

function fromFastify(error: FastifyError | Error, request: FastifyRequest): RadixError | undefined {
  const code = 'code' in error ? error.code : undefined
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new RadixError('REQUEST_TOO_LARGE', { limit_bytes: request.routeOptions.bodyLimit ?? 0 })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new RadixError('REQUEST_UNSUPPORTED_MEDIA_TYPE', {
        content_type: request.headers['content-type'] ?? 'nothing',
      })
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new RadixError('REQUEST_MALFORMED_JSON', { message: error.message })
  }
  const status = 'statusCode' in error ? error.statusCode : undefined
  if (error instanceof SyntaxError || (status === 400 && code === undefined)) {
    return new RadixError('REQUEST_MALFORMED_JSON', { message: error.message })
  }
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new RadixError('REQUEST_INVALID', { message: error.message })
  }
  return undefined
}

function invalidRequest(error: {
  validation: { instancePath: string; message?: string }[]
  validationContext?: string | undefined
}): RadixError {
  const context = error.validationContext ?? 'request'
  const errors = error.validation.map(({ instancePath, message }) => ({
    path: [context, ...instancePath.split('/').filter(Boolean)].join('.'),
    message: message ?? 'is not valid',
  }))
  const message = `${errors.map((each) => `${each.path}: ${each.message}`).join('; ')}.`
  return new RadixError('REQUEST_INVALID', { message }, { details: { errors } })
}

function isConnectionLoss(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : ''
  return (
    /^(ECONN|EHOSTUNREACH|ENETUNREACH|ENOENT|ENOTFOUND|EAI_|EPIPE|ETIMEDOUT)/.test(code) ||
    /Connection terminated|is not queryable|timeout exceeded when trying to connect/.test(error.message)
  )
}

/** What is inside stays inside: the log has it. */
function asRadixErrorWithoutDetails(error: Error): RadixError {
  const known = asRadixError(error)
  const message = 'see the log of the control plane'
  return known.code === 'INTERNAL' ? new RadixError('INTERNAL', { message }, { cause: error }) : known
}
