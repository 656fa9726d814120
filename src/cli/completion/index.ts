/** `radix completion`: a script that completes commands, options and their values in a shell. */
import { Argument, type Command } from 'commander'
import { print } from '../shared/output.ts'
import { renderBash } from './bash.ts'
import { type CommandWords, describeCommands } from './describe-commands.ts'
import { renderFish } from './fish.ts'
import { renderZsh } from './zsh.ts'

const SHELLS: Record<string, (commands: readonly CommandWords[]) => string> = {
  bash: renderBash,
  zsh: renderZsh,
  fish: renderFish,
}

export function register(command: Command): void {
  command
    .addArgument(new Argument('<shell>', 'the shell to complete in').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      `
Put one of these lines into the file that your shell reads at its start:
  ~/.bashrc                   eval "$(radix completion bash)"
  ~/.zshrc (after compinit)   eval "$(radix completion zsh)"
  ~/.config/fish/config.fish  radix completion fish | source`,
    )
    .action((shell: string) => {
      const program = command.parent ?? command
      print((SHELLS[shell]?.(describeCommands(program)) ?? '').trimEnd())
    })
}
