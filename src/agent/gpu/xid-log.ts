/**
 * Xid errors: what the NVIDIA driver writes into the kernel's log when a GPU, or a program on it, goes wrong. nvidia-smi does
 * not show them. https://docs.nvidia.com/deploy/xid-errors/
 */
import { closeSync, constants, openSync, readSync } from 'node:fs'

export interface XidLog {
  /** Those of one GPU since they were last taken, each once. `busId` as nvidia-smi writes it, `00000000:00:06.0`. */
  take(busId: string): number[]
  close(): void
}

const KERNEL_LOG = '/dev/kmsg'
/** The kernel hands out one record at a time, and none is longer. */
const RECORD_BYTES = 8192
/** `NVRM: Xid (PCI:0000:00:06): 31, pid=3193, …` */
const XID = /NVRM: Xid \(PCI:([0-9a-f:]+)\): (\d+)/gi

/** From now on. Null where the log cannot be read: by somebody who is not root, in a container, elsewhere than on Linux. */
export function openXidLog(path = KERNEL_LOG): XidLog | null {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    readNew(file)
  } catch {
    return null
  }
  const untaken = new Map<string, Set<number>>()
  return {
    take(busId) {
      for (const [, bus = '', xid] of readNew(file).matchAll(XID)) {
        const key = bus.toLowerCase()
        untaken.set(key, (untaken.get(key) ?? new Set()).add(Number(xid)))
      }
      const key = toKernelBusId(busId)
      const xids = [...(untaken.get(key) ?? [])]
      untaken.delete(key)
      return xids
    },
    close: () => closeSync(file),
  }
}

/** All that was written since the last call. */
function readNew(file: number): string {
  const buffer = Buffer.alloc(RECORD_BYTES)
  let text = ''
  for (;;) {
    try {
      const length = readSync(file, buffer)
      if (length === 0) return text
      text += buffer.toString('utf8', 0, length)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code === 'EAGAIN') return text
      // Records were overwritten before they were read: the next read goes on with the oldest that is left.
      if (code !== 'EPIPE') throw error
    }
  }
}

/** `00000000:00:06.0` is `0000:00:06` there. */
function toKernelBusId(busId: string): string {
  const [domain = '', bus, device = ''] = busId.toLowerCase().split(':')
  return `${domain.slice(-4)}:${bus}:${device.replace(/\..*$/, '')}`
}
