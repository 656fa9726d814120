/** `radix doctor` */
import type { Command } from 'commander'
import { addConnectionOptions } from '../shared/options.ts'

export function register(command: Command): void {
  addConnectionOptions(command)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Exit codes: 0 a benchmark can run on this machine, 1 something that it needs is missing or could not be checked.
\`radix aws doctor\` checks an AWS account.`,
    )
    .action(async (options) => (await import('./doctor.ts')).examineMachine(options))
}
