/** Stand-ins for a pooler: over TCP, in front of a real PostgreSQL on a Unix socket. */

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

export interface TestPooler {
  port: number
  close(): Promise<void>
}

/** Gives each client its own connection, and refuses `statement_timeout` at its start, as PgBouncer does. */
export function startSessionPooler(postgresSocket: string): Promise<TestPooler> {
  return listen((client) => {
    client.once('data', (start) => {
      if (start.includes('statement_timeout')) {
        return void client.end(frame('E', 'SFATAL\0C08P01\0Munsupported startup parameter: statement_timeout\0\0'))
      }
      const server = follow(client, connect(postgresSocket))
      server.write(start)
      client.pipe(server).pipe(client)
    })
  })
}

/** Gives each transaction any free connection: the first one while no transaction is open. */
export function startTransactionPooler(postgresSocket: string): Promise<TestPooler> {
  const backends: Backend[] = []
  return listen(
    (client) => {
      client.once('data', (start) => {
        client.write(Buffer.concat([frame('R', Buffer.alloc(4)), frame('Z', 'I')]))
        let backend: Backend | undefined
        client.on('data', (data) => {
          // Only the pooler handles a Terminate message.
          if (data[0] === 0x58) return
          backend ??= backends.find(({ user }) => user === undefined)
          if (!backend) {
            backend = { socket: connect(postgresSocket), user: client, isReady: false, early: [] }
            backends.push(backend)
            openBackend(backend, start)
          }
          backend.user = client
          backend.onIdle = () => {
            backend = undefined
          }
          if (backend.isReady) backend.socket.write(data)
          else backend.early.push(data)
        })
      })
    },
    () => {
      for (const { socket } of backends) socket.destroy()
    },
  )
}

interface Backend {
  socket: Socket
  user: Socket | undefined
  isReady: boolean
  /** Queries sent once it is ready: their answer must not arrive together with that of the start. */
  early: Buffer[]
  onIdle?: () => void
}

/** Passes answers on. An answer that ends with "ready, in no transaction" frees the connection. */
function openBackend(backend: Backend, start: Buffer): void {
  backend.socket.write(start)
  backend.socket.on('error', () => {})
  backend.socket.on('data', (data) => {
    const isIdle = data.subarray(-6).equals(frame('Z', 'I'))
    if (backend.isReady) backend.user?.write(data)
    if (isIdle && backend.isReady) {
      backend.user = undefined
      backend.onIdle?.()
    }
    if (!isIdle || backend.isReady) return
    backend.isReady = true
    for (const query of backend.early) backend.socket.write(query)
  })
}

function frame(type: string, body: string | Buffer): Buffer {
  const bytes = Buffer.from(body as string)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length + 4)
  return Buffer.concat([Buffer.from(type), length, bytes])
}

function follow(one: Socket, other: Socket): Socket {
  one.on('close', () => other.destroy())
  other.on('close', () => one.destroy()).on('error', () => {})
  return other
}

async function listen(serve: (client: Socket) => void, onClose = () => {}): Promise<TestPooler> {
  const clients = new Set<Socket>()
  const server = createServer((client) => {
    clients.add(client)
    client.on('error', () => {})
    serve(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const client of clients) client.destroy()
      onClose()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
