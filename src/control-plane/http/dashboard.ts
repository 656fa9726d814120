/** Serves the dashboard: prebuilt files, without any external resources. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { programFile } from '../../system/program-files.ts'
import { API_REFERENCE_STYLE } from './api-reference.ts'
import { sendNotFound } from './problems.ts'

const FOLDER = programFile('dist/dashboard')
const ASSETS = join('assets', '/')

/** Undefined where it has not been built. */
export function findDashboard(): string | undefined {
  return existsSync(join(FOLDER, 'index.html')) ? FOLDER : undefined
}

/** Every address that is no route of the API is a page: the dashboard itself says when there is none. */
export async function serveDashboard(server: FastifyInstance, folder: string): Promise<void> {
  await server.register(fastifyStatic, {
    root: folder,
    wildcard: false,
    index: false,
    // The build left a compressed file beside each (dashboard/compress.ts).
    preCompressed: true,
    setHeaders: (response, path) => {
      // The name of an asset changes with its content; a page must be asked for again.
      const isForever = path.includes(ASSETS)
      response.header('cache-control', isForever ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  server.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const isPage = ['GET', 'HEAD'].includes(request.method) && !request.url.startsWith('/v1') && accepts(request)
    return isPage ? reply.sendFile('index.html') : sendNotFound(request, reply)
  })
}

/** Health checks (`HEAD /`) send no Accept header. */
function accepts({ headers: { accept = '' }, url }: FastifyRequest): boolean {
  return accept.includes('text/html') || (url === '/' && /^$|\*\/\*/.test(accept))
}

/** Only scripts, styles and requests of this origin. */
export function contentSecurityPolicy() {
  const own = "'self'"
  const none = "'none'"
  const reference = `'sha256-${createHash('sha256').update(API_REFERENCE_STYLE).digest('base64')}'`
  return {
    useDefaults: false,
    directives: {
      defaultSrc: [none],
      scriptSrc: [own],
      styleSrc: [own, reference],
      imgSrc: [own],
      fontSrc: [own],
      connectSrc: [own],
      formAction: [own],
      baseUri: [none],
      frameAncestors: [none],
    },
  }
}
