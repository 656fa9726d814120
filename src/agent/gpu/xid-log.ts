/**
 * Xid errors, which the NVIDIA driver writes to the kernel log when a GPU or a program on it fails. nvidia-smi does not
 * show them. https://docs.nvidia.com/deploy/xid-errors/
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

export interface XidLog {
  /**
   * The errors of one GPU since the last call, each once. Null if they can no longer be read. Never throws. `busId` as
   * nvidia-smi writes it, `00000000:00:06.0`.
   */
  take(busId: string): number[] | null
  close(): void
}

const KERNEL_LOG = '/dev/kmsg'
/** The kernel hands out one record at a time, and none is longer. */
const RECORD_BYTES = 8192
/** `NVRM: Xid (PCI:0000:00:06): 31, pid=3193, …`; of a part of a GPU (MIG), `(PCI:0000:00:06 GPU-I:05)`. */
/** Some drivers write this line without an Xid; it means the same as Xid 79. */
const FALLEN_OFF =
  /NVRM: [^\n]*?GPU (?:at )?(?:PCI:)?([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2})(?:\.\d)?[^\n]{0,80}?has fallen off the bus/gi
const FALLEN_OFF_XID = 79
const XID = /NVRM: Xid \(PCI:([0-9a-f:]+)(?:[^0-9a-f:)][^)]*)?\): (\d+)/gi

/** From now on. Null if the log cannot be read: without root, in a container, or on a system other than Linux. */
export function openXidLog(path = KERNEL_LOG): XidLog | null {
  const log = KernelLog.open(path)
  if (!log) return null
  const untaken = new Map<string, Set<number>>()
  return {
    take(busId) {
      const text = log.readNew()
      if (text === null) return null
      for (const [, bus = '', xid] of text.matchAll(XID)) {
        const key = bus.toLowerCase()
        untaken.set(key, (untaken.get(key) ?? new Set()).add(Number(xid)))
      }
      for (const [, bus = ''] of text.matchAll(FALLEN_OFF)) {
        const key = toKernelBusId(bus)
        untaken.set(key, (untaken.get(key) ?? new Set()).add(FALLEN_OFF_XID))
      }
      const key = toKernelBusId(busId)
      const xids = [...(untaken.get(key) ?? [])]
      untaken.delete(key)
      return xids
    },
    close: () => log.close(),
  }
}

/** The kernel log, or a file with a copy of it. */
class KernelLog {
  readonly #file: number
  /** A copy that is removed or restarted leaves a gap of unknown content. */
  readonly #isCopy: boolean
  #position = 0
  #isReadable = true

  private constructor(file: number) {
    this.#file = file
    this.#isCopy = fstatSync(file).isFile()
  }

  /** At its end. */
  static open(path: string): KernelLog | null {
    let file: number
    try {
      file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    } catch {
      return null
    }
    const log = new KernelLog(file)
    if (log.readNew() !== null) return log
    log.close()
    return null
  }

  /** Everything written since the last call; null once the log cannot be read. */
  readNew(): string | null {
    if (!this.#isReadable) return null
    try {
      const text = this.#readToEnd()
      this.#isReadable = !this.#isCopy || this.#isWhole()
      return this.#isReadable ? text : null
    } catch {
      this.#isReadable = false
      return null
    }
  }

  close(): void {
    closeSync(this.#file)
  }

  #isWhole(): boolean {
    const { nlink, size } = fstatSync(this.#file)
    return nlink > 0 && size >= this.#position
  }

  #readToEnd(): string {
    const buffer = Buffer.alloc(RECORD_BYTES)
    let text = ''
    for (;;) {
      try {
        const length = readSync(this.#file, buffer)
        if (length === 0) return text
        this.#position += length
        text += buffer.toString('utf8', 0, length)
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : undefined
        if (code === 'EAGAIN') return text
        // Records were overwritten before they were read: the next read continues with the oldest remaining one.
        if (code !== 'EPIPE') throw error
      }
    }
  }
}

/** `00000000:00:06.0` is `0000:00:06` there. */
function toKernelBusId(busId: string): string {
  const [domain = '', bus, device = ''] = busId.toLowerCase().split(':')
  return `${domain.slice(-4)}:${bus}:${device.split('.')[0]}`
}
