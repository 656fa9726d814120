/** One word of a POSIX shell, always quoted (`shell-word.ts` quotes only where it must). Pure. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
