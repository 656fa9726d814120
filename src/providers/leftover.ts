/** Resources in a provider's account or on its hosts with Radix's tags: the candidates of a reaper. */
export interface Leftover {
  kind: 'instance' | 'volume' | 'parameter' | 'bucket' | 'agent' | 'lease'
  id: string
  /** A region of AWS, or a host of an inventory. */
  region: string
  runId: string
  /** When it was created; null if the provider does not report it. */
  createdAt: Date | null
  /** From its tag; null if it has none. */
  deadlineAt: Date | null
  /** For people: state, type, name. */
  detail: string
}

/** Finds and removes resources by tags only, without any state of Radix. */
export interface Sweeper {
  /** For messages: a provider and its region. */
  readonly name: string
  /** Every resource with Radix's tags that still exists. */
  list(): Promise<Leftover[]>
  /**
   * Requests its removal. Idempotent. It checks the tags again first, and skips a resource that is not (or no longer)
   * Radix's.
   */
  remove(leftover: Leftover): Promise<void>
  /** Closes what it holds open; absent if it holds nothing. */
  close?(): Promise<void>
}
