/** How text is fitted into the columns of a terminal: wrapped or cut between words, never within one. Pure. */

/** Narrower than this, words are left to the terminal. */
export const NARROWEST_TEXT = 20

/**
 * Plain text in lines of at most `width` columns, broken between words; a longer word has a line of its own. A command in
 * backticks stays on one line where it fits on one, so that it can be copied.
 */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of splitWords(text, width)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && visibleLength(longer) > width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}

function splitWords(text: string, width: number): string[] {
  const parts = text.match(/(?:`[^`]*`|[^ ])+/g) ?? ['']
  return parts.flatMap((part) => (visibleLength(part) > width ? part.split(' ') : [part]))
}

/** Lines of prose, each wrapped under its own indentation. */
export function wrapLines(text: string, width: number): string {
  const wrapLine = (line: string) => {
    const [indent = ''] = /^ */.exec(line) ?? []
    const room = Math.max(NARROWEST_TEXT, width - indent.length)
    return wrapWords(line.slice(indent.length), room).map((part) => `${indent}${part}`)
  }
  return text.split('\n').flatMap(wrapLine).join('\n')
}

/** The help of a command: a line that is too long continues under the meaning of its term, two spaces after the term. */
export function wrapHelp(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) => {
      if (visibleLength(line) <= width) return [line]
      const [before = ''] = /^ +\S+ {2,}(?=\S)|^ */.exec(line) ?? []
      const room = Math.max(NARROWEST_TEXT, width - before.length)
      const [first = '', ...others] = wrapWords(line.slice(before.length), room)
      return [`${before}${first}`, ...others.map((part) => `${' '.repeat(before.length)}${part}`)]
    })
    .join('\n')
}

/** How far a cut moves back to the end of a word; a longer word is cut itself. */
const LONGEST_WORD = 24

/** Cuts to `width` columns between words, not counting escape sequences. Every character that is printed here is one column wide. */
export function truncate(line: string, width: number, ellipsis: string): string {
  if (visibleLength(line) <= width) return line
  const room = findWordEnd(withoutEscapes(line), Math.max(0, width - ellipsis.length))
  let kept = ''
  let length = 0
  let styled = false
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  for (const [token] of line.matchAll(/\x1b\[[\d;]*m|./gsu)) {
    const isEscape = token.startsWith('\x1b[')
    if (!isEscape && length === room) break
    kept += token
    if (isEscape) styled = true
    else length++
  }
  return `${kept}${ellipsis.slice(0, width)}${styled ? '\x1b[0m' : ''}`
}

function findWordEnd(characters: readonly string[], room: number): number {
  if (characters[room] === ' ') return room
  const space = characters.lastIndexOf(' ', room)
  return space > 0 && room - space <= LONGEST_WORD ? space : room
}

export function visibleLength(line: string): number {
  return withoutEscapes(line).length
}

function withoutEscapes(line: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return [...line.replaceAll(/\x1b\[[\d;]*m/g, '')]
}
