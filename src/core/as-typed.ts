/**
 * Commands of Radix in text for people, as they are typed where the text is shown: in a clone the program is `./radix`, and
 * texts name it `radix`. Pure.
 */

/** The first words after the name of the program. */
export const NOUNS = [
  'start',
  'server',
  'agent',
  'bench',
  'evidence',
  'reap',
  'cluster',
  'relay',
  'job',
  'budget',
  'api-key',
  'member',
  'audit',
  'webhook',
  'aws',
  'auth',
  'doctor',
  'completion',
] as const

const COMMANDS = new RegExp(`(?<![\\w./-])radix(?= (?:--|(?:${NOUNS.join('|')})(?!\\w)))`, 'g')

export function asTyped(text: string, program = './radix'): string {
  return text.replaceAll(COMMANDS, () => program)
}
