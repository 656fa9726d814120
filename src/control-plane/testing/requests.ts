/** Requests below the typed client, for requests that it does not send and answers that it hides. */
import { expect } from 'vitest'
import { CREDENTIAL_HEADERS, type Credential } from '../../contract/route.ts'
import { ROUTES, type RouteName } from '../../contract/routes.ts'
import { Problem } from '../../contract/schemas/common.ts'
import { isRadixError, type RadixError } from '../../errors/radix-error.ts'

export interface RawRequest {
  params?: Record<string, string>
  query?: Record<string, string>
  body?: unknown
  headers?: Record<string, string>
}

/** The header for a credential. */
export function credentialHeader(kind: Exclude<Credential, 'none'>, secret: string): Record<string, string> {
  const { header, scheme } = CREDENTIAL_HEADERS[kind]
  return { [header]: scheme + secret }
}

/** Sends a request to a route, unchecked and once. */
export function sendTo(url: string, name: RouteName, request: RawRequest = {}): Promise<Response> {
  const { method, path } = ROUTES[name]
  const filled = path.replaceAll(/\{([a-z_]+)\}/g, (_, key: string) => request.params?.[key] ?? 'none')
  const search = request.query ? `?${new URLSearchParams(request.query)}` : ''
  return fetch(url + filled + search, {
    method,
    redirect: 'manual',
    headers: { ...(request.body === undefined ? {} : { 'content-type': 'application/json' }), ...request.headers },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  })
}

/** The problem document of an answer; fails for any other answer. */
export async function readProblem(response: Response): Promise<Problem> {
  const text = await response.text()
  expect(response.headers.get('content-type'), text).toBe('application/problem+json; charset=utf-8')
  const problem = Problem.parse(JSON.parse(text))
  expect(problem.status).toBe(response.status)
  expect(problem.type).toContain(problem.code.toLowerCase())
  expect([problem.title, problem.detail, problem.fix].every((words) => words.length > 5)).toBe(true)
  expect(text).not.toMatch(/\{[a-z_]+\}/) // a template that was not filled
  return problem
}

/** The error with which a call of the typed client was refused. */
export async function refusalOf(call: Promise<unknown>): Promise<RadixError> {
  const outcome = await call.then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  )
  if ('error' in outcome && isRadixError(outcome.error)) return outcome.error
  throw new Error(`not refused by the control plane: ${JSON.stringify(outcome)}`)
}
