/** The options of provider ssh. Each is taken from its flag, else from a configuration file. */
import type { Command } from 'commander'
import type { BenchFile } from './ec2-options.ts'

export interface SshOptions {
  inventory?: string
  host?: string
}

export function addSshOptions(command: Command): Command {
  return command
    .option('--inventory <file>', 'ssh: YAML or JSON file with the hosts (docs/PROVIDERS.md)')
    .option('--host <name>', 'ssh: the host to use (the first of the inventory that is free)')
}

export function toSshOptions({ inventory, host }: SshOptions, file: BenchFile) {
  return { inventory: inventory ?? file.inventory, host: host ?? file.host }
}
