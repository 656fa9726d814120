/** One word of a POSIX shell, whatever is in it. Pure. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
