/** Sends a file of a route, or 304 to a caller that has it. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FileAnswer } from '../file-answer.ts'

export function sendFile(file: FileAnswer, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const etag = `"${file.sha256}"`
  reply.header('etag', etag)
  reply.header('cache-control', file.isForever ? 'public, max-age=31536000, immutable' : 'no-cache')
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (known.includes(etag) || known.includes('*')) return reply.code(304).send()
  reply.type(file.type).header('content-length', file.sizeBytes)
  return reply.send(file.open())
}
