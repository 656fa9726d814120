/** Process groups: what a program that leads one starts is in it, too, unless it takes a group of its own. */

/** The group's number is its first process's pid, and is not given to another group while a member lives. */
export function signalGroup(processGroup: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-processGroup, signal)
  } catch {
    // Nothing is left in it.
  }
}
