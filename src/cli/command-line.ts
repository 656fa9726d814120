/** Parses a command line, runs the command that it names, and shows errors. */
import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { Command, CommanderError } from 'commander'
import { dataDirectory } from '../core/directories.ts'
import { endSentence } from '../core/format.ts'
import { VERSION } from '../core/version.ts'
import { RadixError } from '../errors/radix-error.ts'
import { asRadixError } from '../errors/render.ts'
import { surviveClosedOutput } from '../system/closed-output.ts'
import { useProxyOf } from '../system/proxy.ts'
import { closeWhatWasStarted } from './shared/at-end.ts'
import { drainOutput, note, noteError, printHelp } from './shared/output.ts'

/** Adds a noun's verbs and options to its command. */
export type Register = (command: Command) => void

export interface Noun {
  description: string
  load: () => Promise<{ register: Register }>
}

interface ProgramParts {
  nouns: Readonly<Record<string, Noun>>
  /** Called after an error in the command line itself was shown. */
  onUsageError?: (error: RadixError) => Promise<void>
}

/** Answers with the exit code. Each noun is loaded on demand, so `--help` loads none. */
export async function runCommandLine(argv: readonly string[], { nouns, onUsageError }: ProgramParts): Promise<number> {
  surviveClosedOutput()
  useProxyOf(process.env)
  reuseCompiledCode(argv)
  const program = new Command('radix')
    .description('Tells engineers, with evidence, what a GPU machine really delivers and whether that changed.')
    .version(['--version', '-V'].includes(argv[0] ?? '') ? await describeVersion() : VERSION)
    .showHelpAfterError(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: printHelp })
  const asked = argv.find((argument) => !argument.startsWith('-'))
  for (const [name, noun] of Object.entries(nouns)) {
    const command = program.command(name).description(noun.description)
    // `copyInheritedSettings` makes verbs throw instead of exiting, too.
    command.copyInheritedSettings(program)
    if (name === asked || asked === 'help' || asked === 'completion') (await noun.load()).register(command)
  }
  try {
    if (argv.length === 0) program.outputHelp()
    else await program.parseAsync(argv, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const known = error instanceof CommanderError ? usageError(error, program, argv) : asRadixError(error)
    noteError(known)
    if (error instanceof CommanderError) await onUsageError?.(known)
    if (known.code === 'INTERNAL' && process.env.RADIX_LOG_LEVEL === 'debug' && error instanceof Error) {
      note(error.stack ?? '')
    }
    return known.exitCode
  } finally {
    await closeWhatWasStarted()
  }
}

async function describeVersion(): Promise<string> {
  const { readCommit } = await import('../system/commit.ts')
  const commit = await readCommit()
  return commit === null ? VERSION : `${VERSION} (commit ${commit.slice(0, 12)})`
}

/**
 * A compile cache lets child processes start faster. It is in the data directory once that exists, where no other user
 * can write. Child processes find it in their environment.
 */
function reuseCompiledCode(argv: readonly string[]): void {
  if (process.env.NODE_COMPILE_CACHE) return
  const given = argv.includes('--data-dir') ? argv[argv.indexOf('--data-dir') + 1] : undefined
  const directory = given ?? dataDirectory({ env: process.env, home: homedir(), uid: process.getuid?.() })
  if (!existsSync(directory)) return
  process.env.NODE_COMPILE_CACHE = resolve(directory, 'compile-cache')
  enableCompileCache(process.env.NODE_COMPILE_CACHE)
}

function usageError(error: CommanderError, program: Command, argv: readonly string[]): RadixError {
  const words = argv.filter((argument) => !argument.startsWith('-')).slice(0, 2)
  const known = knownWords(program, words)
  // Without a verb, commander prints the help as an error: the verb is missing.
  const message =
    error.code === 'commander.help'
      ? `\`radix ${known.join(' ')}\` needs one of its commands: ${verbsOf(program, known).join(', ')}.`
      : endSentence(error.message.replace(/^error: ([a-z])/, (_, first: string) => first.toUpperCase()))
  return new RadixError('USAGE', { message, help_command: ['radix', ...known, '--help'].join(' ') })
}

function verbsOf(program: Command, words: readonly string[]): string[] {
  let command: Command | undefined = program
  for (const word of words) command = command?.commands.find((candidate) => candidate.name() === word)
  return command?.commands.map((verb) => verb.name()) ?? []
}

/** As many of the words as name a command, so that the help is that of the nearest one. */
function knownWords(program: Command, words: readonly string[]): string[] {
  const known: string[] = []
  let command: Command | undefined = program
  for (const word of words) {
    command = command?.commands.find((candidate) => candidate.name() === word)
    if (!command) break
    known.push(word)
  }
  return known
}

/** Ends this process with the exit code, once its output is written. */
export async function endWith(exitCode: Promise<number>): Promise<never> {
  const code = await exitCode
  await drainOutput()
  process.exit(code)
}
