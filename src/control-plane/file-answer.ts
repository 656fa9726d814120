import type { Readable } from 'node:stream'

/** What a route with `file` answers with. */
export interface FileAnswer {
  type: string
  /** Of the content. */
  sha256: string
  sizeBytes: number
  /** The content of its address never changes. */
  isForever: boolean
  open(): Readable | Buffer
}
