/** Makes a second click answer as the first did. (`crypto.randomUUID` is there for https alone.) */
export function newIdempotencyKey(): string {
  return crypto
    .getRandomValues(new Uint8Array(16))
    .reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '')
}
