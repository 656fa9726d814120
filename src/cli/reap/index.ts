/** `radix reap` */
import type { Command } from 'commander'
import { addConnectionOptions, positiveNumber, wholeNumber } from '../shared/options.ts'

export function register(command: Command): void {
  addConnectionOptions(command)
    .option('--aws-region <region...>', 'regions to look at (AWS_REGION, else us-west-2)')
    .option('--inventory <file>', 'look at the hosts of provider ssh (and at AWS only with --aws-region)')
    .option('--apply', 'remove what is due; without this, only show what would be removed')
    .option('--min-age-minutes <number>', 'keep anything younger', positiveNumber(100_000), 10)
    .option('--grace-minutes <number>', 'wait this long after the deadline', positiveNumber(100_000), 15)
    .option('--max-age-hours <number>', 'remove anything without a deadline at this age', positiveNumber(10_000), 24)
    .option('--budget <number>', 'when more than this is due, remove nothing', wholeNumber({ minimum: 1 }), 10)
    .option('--watch', 'repeat the sweep every --interval-minutes')
    .option(
      '--interval-minutes <number>',
      'time between two sweeps (10); without --watch, the interval of the schedule that starts it, for the report',
      positiveNumber(10_000),
    )
    .option('--metrics-file <file>', 'write the last success and counts as Prometheus text (for a textfile collector)')
    .option(
      '--report-as <name>',
      'report every sweep to the control plane under this name: its dashboard shows the last success',
    )
    .option('--json', 'print JSON, one document per sweep')
    .addHelpText(
      'after',
      '\nExit code 1 if a place could not be checked, an overdue resource could not be removed, or the report was refused;\n4 if AWS rejected the credentials everywhere.',
    )
    .action(async (options) => (await import('./reap.ts')).runReaper(options))
}
