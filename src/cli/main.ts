#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { Command, CommanderError } from 'commander'
import { dataDirectory } from '../core/directories.ts'
/**
 * The `radix` program: finds the command, runs it and shows errors. Each noun is loaded on demand, so `radix --help`
 * loads none.
 */
import { endSentence } from '../core/format.ts'
import { VERSION } from '../core/version.ts'
import { RadixError } from '../errors/radix-error.ts'
import { asRadixError } from '../errors/render.ts'
import { surviveClosedOutput } from '../system/closed-output.ts'
import { useProxyOf } from '../system/proxy.ts'
import { closeWhatWasStarted } from './shared/at-end.ts'
import { drainOutput, note, noteError, printJson } from './shared/output.ts'

/** Adds a noun's verbs and options to its command. */
export type Register = (command: Command) => void

interface Noun {
  description: string
  load: () => Promise<{ register: Register }>
}

const NOUNS = {
  start: { description: 'Run a short benchmark on this machine, end to end', load: () => import('./start.ts') },
  server: { description: 'Serve the control plane', load: () => import('./server.ts') },
  agent: { description: 'Run the agent of a cluster on this machine', load: () => import('./agent.ts') },
  bench: { description: 'Run, compare and clean up benchmarks', load: () => import('./bench/index.ts') },
  evidence: {
    description: 'Verify evidence, and show the key that signs it',
    load: () => import('./evidence/index.ts'),
  },
  reap: { description: 'Remove what outlived its run, found by tags', load: () => import('./reap/index.ts') },
  cluster: { description: 'Create, list, onboard and archive clusters', load: () => import('./cluster/index.ts') },
  job: { description: 'List, show and cancel jobs', load: () => import('./job/index.ts') },
  budget: { description: 'Cap what machines may cost per day and month', load: () => import('./budget/index.ts') },
  'api-key': { description: 'Create, list and revoke telemetry API keys', load: () => import('./api-key/index.ts') },
  aws: { description: 'Prepare an AWS account, and check it', load: () => import('./aws/index.ts') },
  auth: { description: 'Get a user token', load: () => import('./auth/index.ts') },
} satisfies Record<string, Noun>

export async function main(argv: readonly string[]): Promise<number> {
  surviveClosedOutput()
  useProxyOf(process.env)
  reuseCompiledCode(argv)
  const program = new Command('radix')
    .description('Tells engineers, with evidence, what a GPU machine really delivers and whether that changed.')
    .version(VERSION)
    .showHelpAfterError(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  const asked = argv.find((argument) => !argument.startsWith('-'))
  for (const [name, noun] of Object.entries<Noun>(NOUNS)) {
    const command = program.command(name).description(noun.description)
    // `copyInheritedSettings` makes verbs throw instead of exiting, too.
    command.copyInheritedSettings(program)
    if (name === asked || asked === 'help') (await noun.load()).register(command)
  }
  try {
    if (argv.length === 0) program.outputHelp()
    else await program.parseAsync(argv, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const known = error instanceof CommanderError ? usageError(error, program, argv) : asRadixError(error)
    noteError(known)
    if (error instanceof CommanderError && argv[0] === 'bench' && argv.includes('--json')) {
      const { documentWithoutRun } = await import('./bench/document-without-run.ts')
      printJson(documentWithoutRun(known, argv[1] === 'run'))
    }
    if (known.code === 'INTERNAL' && process.env.RADIX_LOG_LEVEL === 'debug' && error instanceof Error) {
      note(error.stack ?? '')
    }
    return known.exitCode
  } finally {
    await closeWhatWasStarted()
  }
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
      : endSentence(error.message.replace(/^error: /, ''))
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

if (import.meta.main) {
  const exitCode = await main(process.argv.slice(2))
  await drainOutput()
  process.exit(exitCode)
}
