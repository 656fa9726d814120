/**
 * The exit for text from outside (agents, workloads, clouds, control planes, files): before a person or a CI runner
 * reads it, nothing in it may steer a terminal, start a workflow command or fake another line. Markdown and HTML have
 * their own escapes on top of these. Pure; linear in the length of the text.
 */

/**
 * Escape sequences with what they carry: CSI; then OSC, DCS, SOS, PM and APC up to their terminator, or to the end of
 * the line where it is missing; then any other two-character escape.
 */
const ESCAPE_SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are made of them
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x9c|\x1b\\)?|\x1b[ -/]*[0-~]?/g
/** C0 but tab and line feed, DEL, C1, line and paragraph separators, and what reverses the direction of text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g

/** For a terminal; lines stay lines. A carriage return ends a line, as progress bars use it. */
export function printable(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').replaceAll(ESCAPE_SEQUENCES, '').replaceAll(CONTROLS, '')
}

/** The same on one line: for names, versions, messages and table cells. */
export function printableLine(text: string): string {
  return printable(text).replaceAll(/\s+/g, ' ').trim()
}

/** One line of a log, with its indentation: what it holds is never taken for another line. */
export function printableLogLine(text: string): string {
  return printable(text).replaceAll('\n', ' ').trimEnd()
}

/** The colours of our own views: what else looks like one is removed, as in `printable`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const OWN_COLOURS = /(\x1b\[(?:1|2|22|31|32|33|36|39)m)/

/** For a terminal, with our own colours in it: a view takes them out of what it shows from outside. */
export function printableStyled(text: string): string {
  return text
    .split(OWN_COLOURS)
    .map((part, index) => (index % 2 === 1 ? part : printable(part)))
    .join('')
}

/** For the log of GitHub Actions. */
export function printableInActions(text: string): string {
  return withoutCommands(printable(text))
}

/**
 * The runner of GitHub Actions takes `::command::` for an order where a line begins with it, after white space, and
 * `##[command]` anywhere in a line. The zero-width space keeps the text readable and is no order.
 */
export function withoutCommands(text: string): string {
  return text.replaceAll(/^([^\S\n]*)::/gm, '$1\u200b::').replaceAll('##[', '##\u200b[')
}

/** Of JSON: nothing in it steers a terminal or a runner, and every reader gets the same value. */
export function printableJson(json: string): string {
  return json.replaceAll(JSON_UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** They stand in strings alone, where an escape is the same; so does the second `#` of a workflow command. */
const JSON_UNSAFE = /[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|#(?=#\[)/g
