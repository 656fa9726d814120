/** A command of Radix as it is typed in a clone, where the program is `./radix`. Pure. */
export function asTyped(command: string): string {
  return command.replaceAll(/(^|\n|&& )radix(?= |$)/g, '$1./radix')
}
