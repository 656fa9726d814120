/** The control plane of a data directory, for a command: the one that serves there, else one that is started for it. */
import { awaitServer } from '../../control-plane/data-directory.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { type EmbeddedServer, startEmbeddedServer } from './embedded-server.ts'

/**
 * Waits, with a limit, for a server there that is starting or ending: after a command was killed, its server is at its
 * end. `port`: where a machine of the run looks for it; 0 takes a free one. Throws `CONTROL_PLANE_BUSY` when another
 * command has the server for itself, and what keeps a new one from starting.
 */
export async function useServerOf(dataDir: string, port = 0): Promise<EmbeddedServer> {
  const deadlineMs = performance.now() + CONTROL_PLANE_LIMITS.otherServer.value
  for (;;) {
    const found = await awaitServer(dataDir)
    if (found.state === 'reserved') throw new RadixError('CONTROL_PLANE_BUSY', { pid: found.owner })
    if (found.state === 'serving') {
      if (found.owner !== null) throw new RadixError('CONTROL_PLANE_BUSY', { pid: found.owner })
      const nothing = async () => {}
      return { url: found.url, isOwn: false, whenUp: nothing, share: nothing, close: nothing }
    }
    try {
      return await startAt(dataDir, port)
    } catch (error) {
      // Another command was faster: its server is looked at instead.
      if (!isRadixError(error, 'DATA_DIRECTORY_IN_USE') || performance.now() > deadlineMs) throw error
    }
  }
}

/** A machine that is still there can only be reached at the port that it knows; where another took it, it is lost anyway. */
async function startAt(dataDir: string, port: number): Promise<EmbeddedServer> {
  try {
    return await startEmbeddedServer(dataDir, port)
  } catch (error) {
    if (port === 0 || !isRadixError(error, 'PORT_IN_USE')) throw error
    return startEmbeddedServer(dataDir)
  }
}
