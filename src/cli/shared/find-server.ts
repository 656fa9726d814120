/**
 * Finds the control plane of a data directory for a command, or starts one. If it ends while commands still need it,
 * the first command to notice starts the next one (docs/adr/0017-shared-servers.md).
 */

import { awaitServer, findServer } from '../../control-plane/data-directory.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { HARNESS_LIMITS } from '../../core/limits/harness.ts'
import { INTERVALS } from '../../core/limits/intervals.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { type EmbeddedServer, logPathOf, startEmbeddedServer } from './embedded-server.ts'

export interface ServerInUse {
  /** Where it is now: the next server has the port of the one before, unless another process took it. */
  readonly url: string
  /** This command started it: it ends with this command. */
  readonly isOwn: boolean
  /** Resolves while it serves, and once the next one serves. Throws the reason if none can be started. */
  whenUp(): Promise<void>
  /** Stops it and waits until it has ended. A server that others started keeps running. */
  close(): Promise<void>
}

const RESTART_PAUSE_MS = INTERVALS.serverRestart.value

/**
 * Waits, with a limit, for a server there that is starting or ending: after a command was killed, its server is at its
 * end. `port`: where a machine of the run looks for it; 0 takes a free one. Throws `CONTROL_PLANE_BUSY` when a server there
 * does not come up or end in time, and what keeps a new one from starting.
 */
export async function useServerOf(dataDir: string, port = 0): Promise<ServerInUse> {
  const server = new ServerOfDirectory(dataDir)
  await server.find(port)
  return server
}

/** The same for a server that is there. Throws `NO_CONTROL_PLANE` if none is. */
export async function findServerOf(dataDir: string): Promise<ServerInUse> {
  const found = await awaitServer(dataDir)
  if (found.state === 'absent') throw new RadixError('NO_CONTROL_PLANE', { directory: dataDir })
  return new ServerOfDirectory(dataDir, found)
}

class ServerOfDirectory implements ServerInUse {
  url = ''
  readonly #dataDir: string
  #own: EmbeddedServer | undefined
  /** Of a server that another command started for itself. */
  #endsWithOther = false
  #startedMs = 0
  #restartsInARow = 0
  #isClosing = false
  #up: Promise<void> = Promise.resolve()

  constructor(dataDir: string, other?: { url: string; endsWithOwner: boolean }) {
    this.#dataDir = dataDir
    if (other) this.#useOther(other)
  }

  get isOwn(): boolean {
    return this.#own !== undefined
  }

  whenUp(): Promise<void> {
    if (this.#endsWithOther) this.#replaceBy(this.#up.then(() => this.#lookAgain()))
    return this.#up
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await this.#up.catch(() => {})
    await this.#own?.close()
  }

  async find(port: number): Promise<void> {
    const deadlineMs = performance.now() + CONTROL_PLANE_LIMITS.otherServer.value
    for (;;) {
      const found = await awaitServer(this.#dataDir)
      if (found.state === 'serving') return this.#useOther(found)
      try {
        return this.#useOwn(await startAt(this.#dataDir, port))
      } catch (error) {
        // Another command was faster: its server is looked at instead.
        if (!isRadixError(error, 'DATA_DIRECTORY_IN_USE') || performance.now() > deadlineMs) throw error
      }
    }
  }

  #useOther({ url, endsWithOwner }: { url: string; endsWithOwner: boolean }): void {
    this.#own = undefined
    this.url = url
    // A server that a user started is left for the user to restart.
    this.#endsWithOther = endsWithOwner
  }

  #useOwn(server: EmbeddedServer): void {
    this.#own = server
    this.url = server.url
    this.#endsWithOther = false
    this.#startedMs = performance.now()
    void server.ended.then(() => this.#isClosing || this.#replaceBy(this.#restart()))
  }

  /** Called before each request: the command that started the server may be ending, and the server with it. */
  async #lookAgain(): Promise<void> {
    if (!this.#endsWithOther || this.#isClosing) return
    const found = await findServer(this.#dataDir)
    if (found.state === 'serving') this.#useOther(found)
    else await this.#restart()
  }

  async #restart(): Promise<void> {
    if (performance.now() - this.#startedMs > CONTROL_PLANE_LIMITS.steadyService.value) this.#restartsInARow = 0
    const log_path = logPathOf(this.#dataDir)
    let failure: unknown = new RadixError('EMBEDDED_SERVER_FAILED', { reason: 'It failed repeatedly.', log_path })
    while (!this.#isClosing && this.#restartsInARow++ < HARNESS_LIMITS.embeddedServerRestarts.value) {
      try {
        return await this.find(this.#port)
      } catch (error) {
        failure = error
        await new Promise((resolve) => setTimeout(resolve, RESTART_PAUSE_MS))
      }
    }
    throw failure
  }

  #replaceBy(up: Promise<void>): void {
    this.#up = up
    up.catch(() => {}) // the next caller of whenUp() gets the error
  }

  /** A machine can only reach it at the port that it knows. */
  get #port(): number {
    return Number(new URL(this.url).port)
  }
}

/**
 * An existing machine can only reach the server at the port that it knows. If another process took that port, the
 * machine is lost anyway.
 */
async function startAt(dataDir: string, port: number): Promise<EmbeddedServer> {
  try {
    return await startEmbeddedServer(dataDir, port)
  } catch (error) {
    if (port === 0 || !isRadixError(error, 'PORT_IN_USE')) throw error
    return startEmbeddedServer(dataDir)
  }
}
