/** Things that a provider's account holds and that are tagged as ours: what a reaper decides about. */
export interface Leftover {
  kind: 'instance' | 'volume' | 'parameter'
  id: string
  region: string
  runId: string
  /** When it was made; null where the provider does not say. */
  createdAt: Date | null
  /** From its tag; null where it has none. */
  deadlineAt: Date | null
  /** For people: state, type, name. */
  detail: string
}

/** Finds and removes by tags alone: no state of ours is needed. */
export interface Sweeper {
  /** For messages: a provider and its region. */
  readonly name: string
  /** Everything that is tagged as ours and not gone. */
  list(): Promise<Leftover[]>
  /** Asks for its end. Idempotent; looks at the tags once more first, and leaves alone what is not ours (any more). */
  remove(leftover: Leftover): Promise<void>
}
