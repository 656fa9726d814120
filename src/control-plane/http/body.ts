/** The body of a request: only JSON, checked before it is traversed. */
import type { FastifyInstance } from 'fastify'
import { API_LIMITS } from '../../core/limits/api.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { OutsideJsonError, readOutsideJson } from '../../core/outside-json.ts'

/** Earlier agents send `Content-Type: application/json` with no body at all. */
export function readJsonOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') return done(null, undefined)
    const maxCharacters = request.routeOptions.bodyLimit ?? CONTROL_PLANE_LIMITS.requestBody.value
    try {
      const value = readOutsideJson(String(body), { maxCharacters, maxValues: API_LIMITS.bodyValues.value })
      refusePrototypes(value)
      done(null, value)
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
    }
  })
}

/** Copying such a member would change the copy's prototype. The depth is bounded by now. */
function refusePrototypes(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (Object.hasOwn(value, '__proto__')) {
    throw new OutsideJsonError('not-as-agreed', 'a member may not be named __proto__')
  }
  for (const member of Object.values(value)) refusePrototypes(member)
}
