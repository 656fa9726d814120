/** Process groups: the children of a group leader are in its group too, unless they create their own. */

/** The group's number is its first process's pid, and is not given to another group while a member lives. */
export function signalGroup(processGroup: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-processGroup, signal)
  } catch {
    // The group is empty.
  }
}
