/**
 * A control plane for the length of one command: `radix server` as a child process on a free port, which ends when this
 * process ends, however that happens (its IPC channel closes).
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { RadixError } from '../../errors/radix-error.ts'
import { isErrorCode } from '../../errors/render.ts'

export interface EmbeddedServer {
  url: string
  /** Stops it and waits until it is gone. */
  close(): Promise<void>
}

/** What `radix server` tells the process that started it. */
export const ServerMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), url: z.url() }),
  z.object({
    type: z.literal('failed'),
    code: z.string(),
    why: z.string(),
    fix: z.string(),
  }),
])
export type ServerMessage = z.infer<typeof ServerMessage>

const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 20_000
const PROGRAM = join(import.meta.dirname, '..', 'main.ts')

/** Starts it and waits until it serves. Throws what the server reported, else `EMBEDDED_SERVER_FAILED`. */
export async function startEmbeddedServer(dataDir: string, port = 0): Promise<EmbeddedServer> {
  await mkdir(dataDir, { recursive: true })
  const logPath = join(dataDir, 'server.log')
  const log = await open(logPath, 'a')
  const child = fork(PROGRAM, ['server', '--data-dir', dataDir, '--port', String(port)], {
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
    // Ctrl-C in the terminal goes to the foreground group: the run must clean up through the server first.
    detached: true,
  })
  try {
    const message = await firstMessage(child, logPath)
    if (message.type === 'failed') throw toError(message, logPath)
    return { url: message.url, close: () => stop(child) }
  } catch (error) {
    await stop(child)
    throw error
  } finally {
    await log.close()
  }
}

/** The first thing that the server says; throws when it ends or stays silent instead. */
async function firstMessage(child: ChildProcess, logPath: string): Promise<ServerMessage> {
  const outcome = await new Promise<ServerMessage | string>((resolve, reject) => {
    const timer = setTimeout(() => resolve('it was not ready within 60 s'), START_TIMEOUT_MS)
    const settle = (value: ServerMessage | string) => {
      clearTimeout(timer)
      resolve(value)
    }
    child.once('error', reject)
    // `close` comes after the last message has been delivered; `exit` may come before.
    child.once('close', (code, signal) => settle(`it ended with ${signal ?? `exit code ${code}`}`))
    child.on('message', (data) => {
      const message = ServerMessage.safeParse(data)
      if (message.success) settle(message.data)
    })
  })
  if (typeof outcome !== 'string') return outcome
  const lastLine = (await readFile(logPath, 'utf8').catch(() => '')).trimEnd().split('\n').at(-1)?.slice(0, 400)
  const reason = lastLine ? `${outcome}; the last line of its log: ${lastLine}` : outcome
  throw new RadixError('EMBEDDED_SERVER_FAILED', { reason, log_path: logPath })
}

function toError(message: ServerMessage & { type: 'failed' }, logPath: string): RadixError {
  const { code, why, fix } = message
  if (isErrorCode(code)) return new RadixError(code, {} as never, { words: { why, fix } })
  return new RadixError('EMBEDDED_SERVER_FAILED', { reason: why, log_path: logPath })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await exited
  clearTimeout(timer)
}
