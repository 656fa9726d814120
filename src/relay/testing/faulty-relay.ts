/** A relay in memory that does on purpose what a transport may do: it loses, delays, repeats and reorders, by a seed. */
import { seededRandom } from '../../core/seeded-random.ts'
import type { RelayTransport } from '../transport.ts'

/** Probabilities. */
export interface Faults {
  loseWrite?: number
  /** The write takes effect, and its writer is told that it failed. */
  loseConfirmation?: number
  /** The write takes effect after a later one. */
  delayWrite?: number
  failRead?: number
  /** A read answers with an earlier content. */
  readEarlier?: number
}

export interface FaultyRelay {
  agent: RelayTransport
  controlPlane: RelayTransport
  /** What the control plane's end wrote last. */
  readOwn(): Promise<Uint8Array | undefined>
  /** Everything that was ever written, in both directions. */
  readonly written: readonly Uint8Array[]
  faults: Faults
}

interface Slot {
  contents: Uint8Array[]
  late: Uint8Array[]
}

export function createFaultyRelay(seed: number, faults: Faults = {}): FaultyRelay {
  const random = seededRandom(seed)
  const happens = (probability = 0) => random.uniform() < probability
  const slots = { up: newSlot(), down: newSlot() }
  const written: Uint8Array[] = []
  const relay: FaultyRelay = {
    faults,
    written,
    agent: transport(slots.up, slots.down),
    controlPlane: transport(slots.down, slots.up),
    readOwn: async () => slots.down.contents.at(-1),
  }
  return relay

  function transport(out: Slot, into: Slot): RelayTransport {
    return {
      pauseMs: { busy: 1, idle: 1 },
      async write(content) {
        written.push(content)
        if (happens(relay.faults.loseWrite)) return
        if (happens(relay.faults.delayWrite)) return void out.late.push(content)
        out.contents.push(content, ...out.late)
        out.late = []
        if (happens(relay.faults.loseConfirmation)) throw new Error('the answer to a write was lost')
      },
      async read() {
        if (happens(relay.faults.failRead)) throw new Error('a read failed')
        if (happens(relay.faults.readEarlier)) return random.pick([into.contents[0], ...into.contents])
        return into.contents.at(-1)
      },
    }
  }
}

function newSlot(): Slot {
  return { contents: [], late: [] }
}
