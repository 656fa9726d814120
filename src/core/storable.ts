/**
 * What PostgreSQL takes of text from outside: no NUL, no half of a surrogate pair. A workload may print either; its
 * report is kept with U+FFFD in that place rather than refused, since nobody could send it any better.
 */

export function toStorableText(text: string): string
export function toStorableText(text: string | null | undefined): string | null
export function toStorableText(text: string | null | undefined): string | null {
  return text?.replaceAll('\0', '\ufffd').toWellFormed() ?? null
}

/** JSON of `value`. `JSON.stringify` writes what cannot be stored as escapes; a backslash of the text itself is a pair. */
export function toStorableJson(value: unknown): string {
  const json = JSON.stringify(value ?? null)
  return json.replaceAll(/\\\\|\\u0000|\\ud[89a-f][0-9a-f]{2}/g, (found) => (found === '\\\\' ? found : '\\ufffd'))
}
