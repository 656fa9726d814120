/**
 * Commands of Radix in text for people, as they are typed where the text is shown: in a clone the program is `./radix`, and
 * texts name it `radix`. Pure.
 */
const COMMANDS =
  /(?<![\w./-])radix(?= (?:--|(?:start|server|agent|bench|evidence|reap|cluster|job|api-key|aws|auth)(?!\w)))/g

export function asTyped(text: string, program = './radix'): string {
  return text.replaceAll(COMMANDS, () => program)
}
