/** A receiver of webhooks for tests: a real HTTP server that takes, refuses, redirects, changes the protocol or never answers. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'

export interface Received {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

export class WebhookReceiver {
  url = ''
  readonly received: Received[] = []
  /** The status of each answer, in order; then 204. */
  answers: (number | 'silence')[] = []
  readonly #server: Server = createServer(async (request, response) => {
    this.received.push({ path: request.url ?? '', headers: request.headers, body: await text(request) })
    const answer = this.answers.shift() ?? 204
    if (answer === 'silence') return
    if (answer === 101) return void response.socket?.end(SWITCHING)
    const location = answer >= 300 && answer < 400 ? { location: `${this.url}/elsewhere` } : {}
    response.writeHead(answer, location).end()
  })

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}
