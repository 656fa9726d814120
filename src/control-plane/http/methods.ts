/** The methods that a path accepts, by the route table, for the answer to any other method. */
import type { Route } from '../../contract/route.ts'
import { ROUTES } from '../../contract/routes.ts'

export const DOCUMENT_PATHS = ['/openapi.json', '/docs', '/.well-known/jwks.json', '/metrics'] as const

/** In the order of the table, with `HEAD` beside `GET`; none for a path that there is not. */
export function methodsOf(path: string): string[] {
  const isDocument = DOCUMENT_PATHS.some((document) => document === path)
  const routes = Object.values<Route>(ROUTES).filter((route) => fits(route.path, path))
  const methods = [...(isDocument ? ['GET'] : []), ...routes.map(({ method }) => method)]
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))]
}

function fits(pattern: string, path: string): boolean {
  const [expected, given] = [pattern.split('/'), path.split('/')]
  return expected.length === given.length && expected.every((part, at) => part.startsWith('{') || part === given[at])
}
