/**
 * What carries a relay: two slots, one for each direction. Writing replaces the content of one, reading takes the content of
 * the other. Nothing more is asked of it: content may be lost, late, repeated and out of order, and anyone may read it.
 */
export interface RelayTransport {
  /** Replaces what the other end reads. After an error, it may have been replaced, now or later. */
  write(content: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void>

  /**
   * What the other end wrote last, or something that it wrote earlier; undefined if there is nothing, or nothing new. Throws if
   * it could not look.
   */
  read(signal: AbortSignal): Promise<Uint8Array | undefined>

  /** How long to wait between two reads: while messages pass, and otherwise. 0 if `read` itself waits for content. */
  readonly pauseMs: { readonly busy: number; readonly idle: number }
}
