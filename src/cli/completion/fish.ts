/** The completion for fish, with the descriptions of commands and options. */
import { type CommandWords, valuedOptions } from './describe-commands.ts'

export function renderFish(commands: readonly CommandWords[]): string {
  const flags = valuedOptions(commands).flatMap(({ path, flags }) => flags.map((flag) => quote(`${at(path)} ${flag}`)))
  const paths = commands.filter(({ path }) => path !== '').map(({ path }) => quote(at(path)))
  return `# Completion of radix for fish: radix completion fish | source
function __radix_at
    set --local takes_value ${flags.join(' ')}
    set --local paths ${paths.join(' ')}
    set --local at ''
    set --local is_value 0
    set --local typed (commandline --tokenize --cut-at-cursor --current-process)
    for word in $typed[2..-1]
        if test $is_value = 1
            set is_value 0
        else if contains -- "$at $word" $takes_value
            set is_value 1
        else if contains -- "$at $word" $paths
            set at "$at $word"
        end
    end
    test "$at" = "$argv[1]"
end
complete --command radix --no-files
${commands.flatMap(renderCommand).join('\n')}
`
}

function renderCommand({ path, verbs, options, choices }: CommandWords): string[] {
  const start = `complete --command radix --condition ${quote(`__radix_at ${quote(at(path))}`)}`
  const isLeaf = verbs.length === 0 && choices.length === 0
  return [
    ...verbs.map(({ name, description }) => `${start} --arguments ${name} --description ${quote(description)}`),
    ...choices.map((choice) => `${start} --arguments ${quote(choice)}`),
    ...(isLeaf ? [`${start} --force-files`] : []),
    ...options.map(({ flags, description, value }) => {
      const names = flags.map((flag) =>
        flag.startsWith('--') ? `--long-option ${flag.slice(2)}` : `--short-option ${flag.slice(1)}`,
      )
      return [start, ...names, `--description ${quote(description)}`, ...renderValue(value)].join(' ')
    }),
  ]
}

function renderValue(value: CommandWords['options'][number]['value']): string[] {
  if (!value) return []
  if (value.takesPath) return ['--require-parameter', '--force-files']
  return ['--exclusive', ...(value.choices.length > 0 ? [`--arguments ${quote(value.choices.join(' '))}`] : [])]
}

/** As the script collects the words of a command. */
function at(path: string): string {
  return path === '' ? '' : ` ${path}`
}

/** One word of fish, in which a backslash escapes only itself and the quote. */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
