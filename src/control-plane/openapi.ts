/** The OpenAPI 3.1 document of the route table, without a server or a database. */
import { buildHttpServer } from './http/server.ts'

export async function buildOpenApiDocument(): Promise<object> {
  const server = await buildHttpServer({
    parts: () => {
      throw new Error('this server only describes itself')
    },
    rateLimitPerMinute: 1,
  })
  await server.ready()
  const document = server.swagger()
  await server.close()
  return document
}
