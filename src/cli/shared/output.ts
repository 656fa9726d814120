/**
 * What commands print: results to stdout, progress and messages to stderr. This is the only exit: text may come from
 * another machine, and nothing in it may control a terminal or a runner (`core/printable.ts`).
 */
import { asTyped } from '../../core/as-typed.ts'
import {
  printable,
  printableJson,
  printableLine,
  printableLogLine,
  printableStyled,
  withoutCommands,
} from '../../core/printable.ts'
import { renderErrorText } from '../../errors/render.ts'
import { programName } from './program-name.ts'
import { type Cell, type Column, layOutTable } from './table.ts'
import { wrapHelp, wrapLines } from './text-layout.ts'

export function print(text: string): void {
  writeLine(process.stdout, printable(text))
}

/** A sentence or a value with fields from outside in it: whatever they hold, it is one line. */
export function printLine(text: string): void {
  print(printableLine(text))
}

/** Of a log from another machine. */
export function printLogLine(line: string): void {
  print(printableLogLine(line))
}

/** With our own colours in it. */
export function printStyled(text: string): void {
  writeLine(process.stdout, printableStyled(text))
}

/** Words of ours, with commands as they are typed here. */
export function note(text: string): void {
  noteAsIs(asTyped(text, programName()))
}

/** The same with fields from outside in it: whatever they hold, it is one line. */
export function noteLine(text: string): void {
  note(printableLine(text))
}

/** For a command that is typed on another machine. */
export function noteAsIs(text: string): void {
  writeLine(process.stderr, printable(text))
}

export function printJson(value: unknown): void {
  process.stdout.write(`${printableJson(JSON.stringify(value, null, 2))}\n`)
}

/** On one line, for programs that read line by line. */
export function printJsonLine(value: unknown): void {
  process.stdout.write(`${printableJson(JSON.stringify(value))}\n`)
}

/** A line of a log that is JSON already. */
export function writeLogLine(line: string): void {
  process.stdout.write(printableJson(line))
}

/** Where the runner of GitHub Actions shall hide a secret from now on; nothing elsewhere. */
export function maskInActions(secret: string): void {
  if (isInActions()) process.stderr.write(`::add-mask::${printable(secret).replaceAll('\n', '%0A')}\n`)
}

/** For the live view, which moves the cursor itself. */
export const liveStream = process.stderr

/** Resolves when all that was written has left this process: a pipe takes 64 KiB at a time. */
export async function drainOutput(): Promise<void> {
  // What cannot be written (a reader that went away) calls back, too.
  const drain = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => stream.write('', () => resolve()))
  await Promise.all([drain(process.stdout), drain(process.stderr)])
}

function writeLine(stream: NodeJS.WriteStream, text: string): void {
  stream.write(`${isInActions() ? withoutCommands(text) : text}\n`)
}

function isInActions(): boolean {
  return process.env.GITHUB_ACTIONS === 'true'
}

/** As wide as the terminal; with every column at its full width where a pipe or a file takes it. */
export function renderTable(headings: readonly (string | Column)[], rows: readonly (readonly Cell[])[]): string {
  return layOutTable(headings, rows, outputColumns())
}

/** Sentences, wrapped where a terminal shows them. */
export function printText(text: string): void {
  print(wrapLines(printable(text), outputColumns()))
}

/** A help, in a pipe as wide as Commander wraps its own part of it. */
export function printHelp(text: string): void {
  const columns = process.stdout.isTTY ? outputColumns() : 80
  print(wrapHelp(text, columns).replace(/\n$/, ''))
}

/** An error, on stderr, with commands as they are typed here; wrapped where a terminal shows it. */
export function noteError(error: unknown): void {
  const text = asTyped(renderErrorText(error), programName())
  noteAsIs(wrapLines(text, columnsOf(process.stderr)))
}

/** How wide what is printed may be. */
export function outputColumns(): number {
  return columnsOf(process.stdout)
}

/** A pipe has no end. */
function columnsOf(stream: NodeJS.WriteStream): number {
  return stream.isTTY ? stream.columns || 80 : Number.POSITIVE_INFINITY
}
