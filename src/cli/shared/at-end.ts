/** What a command started for itself and stops when it ends. */
const closers: (() => Promise<void>)[] = []

export function closeAtEnd(close: () => Promise<void>): void {
  closers.push(close)
}

/** The latest first. */
export async function closeWhatWasStarted(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
}
