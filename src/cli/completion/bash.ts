/** The completion for bash. It needs nothing but bash 3.2, the one of macOS. */
import { quoteForShell } from '../../core/quote-for-shell.ts'
import { type CommandWords, valuedOptions } from './describe-commands.ts'

export function renderBash(commands: readonly CommandWords[]): string {
  return `# Completion of radix for bash: eval "$(radix completion bash)"
_radix() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" path='' value='' word index=1 words=''
  COMPREPLY=()
  # Bash splits --option=value into three words.
  while [ "$index" -lt "$COMP_CWORD" ]; do
    word="\${COMP_WORDS[index]}"
    index=$((index + 1))
    if [ "$word" = '=' ]; then continue; fi
    if [ -n "$value" ]; then value=''; continue; fi
    case "$path $word" in
${takingValues(commands)}
    esac
    case "$path $word" in
${steps(commands)}
    esac
  done
  if [ "$cur" = '=' ]; then cur=''; fi
  case "$value" in
${values(commands)}
  '') case "$path" in
${words(commands)}
    esac ;;
  esac
  if [ "$words" = '<path>' ]; then
    compopt -o filenames 2>/dev/null
    while IFS='' read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$cur")
  else
    # shellcheck disable=SC2207 # none of these words has a space
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  fi
}
complete -F _radix radix
`
}

/** Of every option that takes a value: that a value follows. */
function takingValues(commands: readonly CommandWords[]): string {
  return lines(valuedOptions(commands), ({ path, flags }) => {
    const patterns = flags.map((flag) => quoteForShell(`${path} ${flag}`)).join('|')
    return `    ${patterns}) value=${quoteForShell(`${path} ${flags[0]}`)}; continue ;;`
  })
}

function steps(commands: readonly CommandWords[]): string {
  const verbs = commands.flatMap(({ path, verbs }) => verbs.map(({ name }) => ({ path, name })))
  return lines(verbs, ({ path, name }) => {
    const next = path === '' ? name : `${path} ${name}`
    return `    ${quoteForShell(`${path} ${name}`)}) path=${quoteForShell(next)} ;;`
  })
}

function values(commands: readonly CommandWords[]): string {
  return lines(valuedOptions(commands), ({ path, flags, value }) => {
    const offered = value.takesPath ? '<path>' : value.choices.join(' ')
    return `  ${quoteForShell(`${path} ${flags[0]}`)}) words=${quoteForShell(offered)} ;;`
  })
}

/** A command that has no verbs takes arguments, which may be files. */
function words(commands: readonly CommandWords[]): string {
  return lines(commands, ({ path, verbs, options, choices }) => {
    const names = [...verbs.map(({ name }) => name), ...choices]
    const flags = options.flatMap((option) => option.flags).filter((flag) => flag.startsWith('--'))
    const other = names.length > 0 ? names.join(' ') : '<path>'
    const quoted = [quoteForShell(flags.join(' ')), quoteForShell(other)]
    return `    ${quoteForShell(path)}) case "$cur" in -*) words=${quoted[0]} ;; *) words=${quoted[1]} ;; esac ;;`
  })
}

function lines<T>(items: readonly T[], render: (item: T) => string): string {
  return items.map(render).join('\n')
}
