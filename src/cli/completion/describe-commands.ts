/** What can be typed where, read from the tree of commands. Pure. */
import type { Argument, Command, Option } from 'commander'

export interface CommandWords {
  /** The words after the name of the program: empty for the program itself, `bench run` for that verb. */
  path: string
  verbs: readonly Word[]
  options: readonly OptionWords[]
  /** What the first argument may be, where that is known. */
  choices: readonly string[]
}

interface Word {
  name: string
  description: string
}

interface OptionWords {
  /** With their dashes: `-h`, `--help`. */
  flags: readonly string[]
  description: string
  /** How the value is completed; null: there is none. */
  value: { choices: readonly string[]; takesPath: boolean } | null
}

/** One entry for each command of the tree, the program first. */
export function describeCommands(command: Command, path = ''): CommandWords[] {
  const help = command.createHelp()
  // The help command is one for `radix help bench`, which has no options.
  const verbs = help.visibleCommands(command)
  const own: CommandWords = {
    path,
    verbs: verbs.map((verb) => ({ name: verb.name(), description: verb.description() })),
    options: help.visibleOptions(command).map(describeOption),
    choices: describeChoices(command.registeredArguments[0]),
  }
  const below = verbs.flatMap((verb) => describeCommands(verb, path === '' ? verb.name() : `${path} ${verb.name()}`))
  return [own, ...below]
}

function describeOption(option: Option): OptionWords {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined && flag !== null)
  const takesValue = option.required || option.optional
  const takesPath = /<(file|folder)(\.\.\.)?>/.test(option.flags)
  const value = takesValue ? { choices: option.argChoices ?? [], takesPath } : null
  return { flags, description: option.description, value }
}

function describeChoices(argument: Argument | undefined): readonly string[] {
  return argument?.argChoices ?? []
}

export function valuedOptions(commands: readonly CommandWords[]) {
  return commands.flatMap(({ path, options }) =>
    options.flatMap(({ flags, value, description }) => (value ? [{ path, flags, value, description }] : [])),
  )
}
