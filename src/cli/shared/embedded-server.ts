/**
 * A control plane that one command starts: `radix server` as a child process. It ends when this process ends, however that
 * happens (its IPC channel closes).
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createDataDirectory } from '../../control-plane/data-directory.ts'
import { HARNESS_LIMITS } from '../../core/limits/harness.ts'
import { printableLine } from '../../core/printable.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { isErrorCode } from '../../errors/render.ts'
import { fileError } from '../../system/file-errors.ts'
import { hostProcesses } from '../../system/lock-file.ts'
import { commandOfProgram } from '../../system/program-files.ts'
import { renderOwner, ServerMessage } from './server-messages.ts'

export interface EmbeddedServer {
  readonly url: string
  /** Resolves when its process has ended, however that happened. */
  readonly ended: Promise<void>
  /** Stops it and waits until its process has ended. */
  close(): Promise<void>
}

/** Starts it and waits until it serves. Throws what the server reported, else `EMBEDDED_SERVER_FAILED`. */
export async function startEmbeddedServer(dataDir: string, port = 0): Promise<EmbeddedServer> {
  await createDataDirectory(dataDir)
  const logPath = logPathOf(dataDir)
  const { child, ended, firstMessage } = await forkServer(dataDir, port, logPath)
  try {
    const message = await firstMessage
    if (message.type === 'failed') throw toError(message, logPath)
    return { url: message.url, ended, close: () => stop(child) }
  } catch (error) {
    await stop(child)
    throw error
  }
}

interface ForkedServer {
  child: ChildProcess
  ended: Promise<void>
  firstMessage: Promise<ServerMessage>
}

async function forkServer(dataDir: string, port: number, logPath: string): Promise<ForkedServer> {
  const log = await open(logPath, 'a').catch((error: unknown) => {
    throw fileError(logPath, error)
  })
  const owner = renderOwner(hostProcesses.self())
  const [command, ...program] = commandOfProgram()
  const argv = [...program, 'server', '--data-dir', dataDir, '--port', String(port), '--owner', owner]
  const child = spawn(command, argv, {
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
    // Ctrl-C in the terminal goes to the foreground group: the run must clean up through the server first.
    detached: true,
  })
  // From its first moment: it may end before the log is closed here.
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const firstMessage = awaitFirstMessage(child, logPath)
  firstMessage.catch(() => {}) // the caller, which awaits it later, handles the failure
  await log.close()
  return { child, ended, firstMessage }
}

/** The first thing that the server says; throws when it ends or stays silent instead. */
async function awaitFirstMessage(child: ChildProcess, logPath: string): Promise<ServerMessage> {
  const { value: timeoutMs } = HARNESS_LIMITS.embeddedServerStart
  const outcome = await new Promise<ServerMessage | string>((resolve, reject) => {
    const timer = setTimeout(() => resolve(`it was not ready within ${timeoutMs / 1000} s`), timeoutMs)
    const settle = (value: ServerMessage | string) => {
      clearTimeout(timer)
      resolve(value)
    }
    child.once('error', (error) => {
      clearTimeout(timer)
      reject(new RadixError('EMBEDDED_SERVER_FAILED', { reason: error.message, log_path: logPath }, { cause: error }))
    })
    // `close` comes after the last message has been delivered; `exit` may come before.
    child.once('close', (code, signal) => settle(`it exited with ${signal ?? `exit code ${code}`}`))
    child.on('message', (data) => {
      const message = ServerMessage.safeParse(data)
      if (message.success) settle(message.data)
    })
  })
  if (typeof outcome !== 'string') return outcome
  const lastLine = await readLastLine(logPath)
  const reason = lastLine ? `${outcome}; the last line of its log: ${lastLine}` : outcome
  throw new RadixError('EMBEDDED_SERVER_FAILED', { reason, log_path: logPath })
}

function toError(message: ServerMessage & { type: 'failed' }, logPath: string): RadixError {
  const { code, why, fix } = message
  if (isErrorCode(code)) return new RadixError(code, {} as never, { words: { why, fix } })
  return new RadixError('EMBEDDED_SERVER_FAILED', { reason: why, log_path: logPath })
}

/** A process that outlives SIGKILL hangs in the kernel. It is not waited for. */
async function stop(child: ChildProcess): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (hasEnded(child)) return
    child.kill(signal)
    await endsWithin(child, HARNESS_LIMITS.embeddedServerStop.value)
  }
}

function endsWithin(child: ChildProcess, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined
}

/** Of every server that commands start on this directory. */
export function logPathOf(dataDir: string): string {
  return join(dataDir, 'server.log')
}

/** Of its last 4 KiB: logs grow. Empty where there is none. */
async function readLastLine(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    const file = await open(path, 'r')
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, Math.max(0, size - 4096))
    await file.close()
    const line = buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n').at(-1) ?? ''
    return printableLine(line).slice(0, 400)
  } catch {
    return ''
  }
}
