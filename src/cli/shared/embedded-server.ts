/**
 * A control plane for the length of one command: `radix server` as a child process, started again at once when it ends by
 * itself. It ends when this process ends, however that happens (its IPC channel closes).
 */

import { type ChildProcess, fork } from 'node:child_process'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createDataDirectory } from '../../control-plane/data-directory.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { HARNESS_LIMITS } from '../../core/limits/harness.ts'
import { INTERVALS } from '../../core/limits/intervals.ts'
import { printableLine } from '../../core/printable.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { isErrorCode } from '../../errors/render.ts'
import { fileError } from '../../system/file-errors.ts'
import { hostProcesses } from '../../system/lock-file.ts'
import { noteLine } from './output.ts'
import { type OwnerMessage, renderOwner, ServerMessage } from './server-messages.ts'

export interface EmbeddedServer {
  /** Where it is now: a server that was started again has the port that it had, unless another process took it. */
  readonly url: string
  /** False for a server that others started: it is left as it is. */
  readonly isOwn: boolean
  /** Resolves while it serves, and once it serves again. Throws the reason when it cannot be started any more. */
  whenUp(): Promise<void>
  /** Lets other commands use it, until this process ends. */
  share(): Promise<void>
  /** Stops it and waits until it is gone. */
  close(): Promise<void>
}

const PROGRAM = join(import.meta.dirname, '..', 'main.ts')
const RESTART_PAUSE_MS = INTERVALS.serverRestart.value

/** Starts it and waits until it serves. Throws what the server reported, else `EMBEDDED_SERVER_FAILED`. */
export async function startEmbeddedServer(dataDir: string, port = 0): Promise<EmbeddedServer> {
  await createDataDirectory(dataDir)
  const server = new WatchedServer(dataDir)
  await server.start(port)
  return server
}

class WatchedServer implements EmbeddedServer {
  url = ''
  readonly isOwn = true
  readonly #dataDir: string
  #child: ChildProcess | undefined
  #startedMs = 0
  #restartsInARow = 0
  #isShared = false
  #isClosing = false
  #up: Promise<void> = Promise.resolve()

  constructor(dataDir: string) {
    this.#dataDir = dataDir
  }

  whenUp(): Promise<void> {
    return this.#up
  }

  async start(port: number): Promise<void> {
    const child = await forkServer(this.#dataDir, port)
    const { logPath } = child
    try {
      const message = await firstMessage(child.process, logPath)
      if (message.type === 'failed') throw toError(message, logPath)
      if (message.type === 'ready') this.url = message.url
    } catch (error) {
      await stop(child.process)
      throw error
    }
    this.#child = child.process
    this.#startedMs = performance.now()
    if (hasEnded(child.process)) this.#onExit()
    else child.process.once('exit', () => this.#onExit())
  }

  async share(): Promise<void> {
    this.#isShared = true
    await this.#up
    if (this.#child) await askToShare(this.#child)
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await this.#up.catch(() => {})
    if (this.#child) await stop(this.#child)
  }

  #onExit(): void {
    if (this.#isClosing) return
    this.#up = this.#restart()
    this.#up.catch(() => {}) // the next caller of whenUp() gets the error
  }

  async #restart(): Promise<void> {
    if (performance.now() - this.#startedMs > CONTROL_PLANE_LIMITS.steadyService.value) this.#restartsInARow = 0
    const log_path = logPathOf(this.#dataDir)
    let failure: unknown = new RadixError('EMBEDDED_SERVER_FAILED', { reason: 'It ended again and again.', log_path })
    while (!this.#isClosing && this.#restartsInARow++ < HARNESS_LIMITS.embeddedServerRestarts.value) {
      try {
        // A machine can only reach it at the port that it knows.
        await this.start(Number(new URL(this.url).port))
        if (this.#isShared && this.#child) await askToShare(this.#child)
        return
      } catch (error) {
        failure = error
        await new Promise((resolve) => setTimeout(resolve, RESTART_PAUSE_MS))
      }
    }
    throw failure
  }
}

async function forkServer(dataDir: string, port: number): Promise<{ process: ChildProcess; logPath: string }> {
  const logPath = logPathOf(dataDir)
  const log = await open(logPath, 'a').catch((error: unknown) => {
    throw fileError(logPath, error)
  })
  const owner = renderOwner(hostProcesses.self())
  const argv = ['server', '--data-dir', dataDir, '--port', String(port), '--owner', owner]
  const child = fork(PROGRAM, argv, {
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
    // Ctrl-C in the terminal goes to the foreground group: the run must clean up through the server first.
    detached: true,
  })
  await log.close()
  return { process: child, logPath }
}

/** The first thing that the server says; throws when it ends or stays silent instead. */
async function firstMessage(child: ChildProcess, logPath: string): Promise<ServerMessage> {
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
    child.once('close', (code, signal) => settle(`it ended with ${signal ?? `exit code ${code}`}`))
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

/** Returns once other commands may use the server, or it has ended. A failure is only a warning: this command has it. */
async function askToShare(child: ChildProcess): Promise<void> {
  if (hasEnded(child) || !child.connected) return
  const answered = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.on('message', (data) => {
      const message = ServerMessage.safeParse(data).data
      if (message?.type === 'failed') noteLine(`Other commands cannot use this control plane: ${message.why}`)
      if (message?.type === 'shared' || message?.type === 'failed') resolve()
    })
    setTimeout(resolve, HARNESS_LIMITS.serverAnswer.value).unref()
  })
  child.send({ type: 'share' } satisfies OwnerMessage, () => {})
  await answered
}

/** One that outlives SIGKILL hangs in the kernel, and is not waited for. */
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

function logPathOf(dataDir: string): string {
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
