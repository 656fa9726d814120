/** The completion for zsh, with the descriptions of commands and options. */
import { quoteForShell } from '../../core/quote-for-shell.ts'
import { type CommandWords, valuedOptions } from './describe-commands.ts'

export function renderZsh(commands: readonly CommandWords[]): string {
  return `#compdef radix
# Completion of radix for zsh: eval "$(radix completion zsh)" after compinit
_radix() {
  local cur="\${words[CURRENT]}" at='' value='' word index=2
  local -a offered
  while (( index < CURRENT )); do
    word="\${words[index]}"
    (( index++ ))
    if [[ -n "$value" ]]; then value=''; continue; fi
    case "$at $word" in
${lines(valuedOptions(commands), renderTakesValue)}
    esac
    case "$at $word" in
${lines(commands, renderSteps)}
    esac
  done
  if [[ "$cur" = --*=* ]]; then
    value="$at \${cur%%=*}"
    compset -P '*='
  fi
  case "$value" in
${lines(valuedOptions(commands), renderValue)}
  '') ;;
  *) return ;;
  esac
  case "$at" in
${lines(commands, renderWords)}
  esac
}
compdef _radix radix
if [[ "\${funcstack[1]}" = _radix ]]; then _radix "$@"; fi
`
}

type Valued = ReturnType<typeof valuedOptions>[number]

function renderTakesValue({ path, flags }: Valued): string {
  const patterns = flags.map((flag) => quoteForShell(`${path} ${flag}`)).join('|')
  return `    ${patterns}) value=${quoteForShell(`${path} ${flags.at(-1)}`)}; continue ;;`
}

function renderSteps({ path, verbs }: CommandWords): string {
  const step = ({ name }: { name: string }) => {
    const next = path === '' ? name : `${path} ${name}`
    return `    ${quoteForShell(`${path} ${name}`)}) at=${quoteForShell(next)} ;;`
  }
  return lines(verbs, step)
}

function renderValue({ path, flags, value }: Valued): string {
  const choices = value.choices.map(quoteForShell).join(' ')
  const act = value.takesPath ? '_files' : choices ? `compadd -- ${choices}` : ''
  return `  ${quoteForShell(`${path} ${flags.at(-1)}`)}) ${act}${act ? '; ' : ''}return ;;`
}

function renderWords({ path, verbs, options, choices }: CommandWords): string {
  const flags = options.flatMap(({ flags, description }) => flags.map((flag) => describe(flag, description)))
  const names = [...verbs.map(({ name, description }) => describe(name, description)), ...choices.map(quoteForShell)]
  const other = names.length > 0 ? `offered=(${names.join(' ')}); _describe command offered` : '_files'
  return `  ${quoteForShell(path)})
    if [[ "$cur" = -* ]]; then offered=(${flags.join(' ')}); _describe option offered
    else ${other}
    fi ;;`
}

/** `name:description`, as `_describe` takes it. */
function describe(name: string, description: string): string {
  return quoteForShell(`${name.replaceAll(':', '\\:')}:${description}`)
}

function lines<T>(items: readonly T[], render: (item: T) => string): string {
  return items.map(render).filter(Boolean).join('\n')
}
