/**
 * Node's modules for HTTP, loaded on first use. An `import` of `node:http` reads all that it exports: with `WebSocket` it
 * would load undici, which takes longer than the start of most commands.
 */
import { createRequire } from 'node:module'

const load = createRequire(import.meta.url)

export const nodeHttp = (): typeof import('node:http') => load('node:http')
export const nodeHttps = (): typeof import('node:https') => load('node:https')
