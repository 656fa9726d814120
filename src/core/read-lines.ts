/** Lines of a stream as it comes in. The other end may never end a line: each has a limit. Pure. */

/** The stream has not ended and must not be read any further. Has a code, as a connection that broke has. */
export class LineTooLong extends Error {
  readonly code = 'LINE_TOO_LONG'

  constructor(maxCharacters: number) {
    super(`a line has more than ${maxCharacters} characters`)
  }
}

export interface LineOptions {
  /** Of one line, in UTF-16 code units. */
  maxCharacters: number
}

/** Lines end in \n, \r\n or \r; the last one may end with the stream. Throws `LineTooLong`, and what the stream throws. */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  { maxCharacters }: LineOptions,
): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  // A \r at the end of what has arrived may be the first half of \r\n.
  const lineEnd = /\r\n|\n|\r(?!$)/g
  let rest = ''
  for await (const chunk of chunks) {
    // Only the last character of what was searched already may have become a line end.
    lineEnd.lastIndex = Math.max(0, rest.length - 1)
    rest += decoder.decode(chunk, { stream: true })
    let start = 0
    for (let end = lineEnd.exec(rest); end; end = lineEnd.exec(rest)) {
      yield requireShort(rest.slice(start, end.index), maxCharacters)
      start = lineEnd.lastIndex
    }
    rest = requireShort(rest.slice(start), maxCharacters)
  }
  if (rest.endsWith('\r')) yield rest.slice(0, -1)
  else if (rest) yield rest
}

function requireShort(line: string, maxCharacters: number): string {
  if (line.length > maxCharacters) throw new LineTooLong(maxCharacters)
  return line
}
