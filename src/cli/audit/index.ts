/** `radix audit` */
import type { Command } from 'commander'
import { addConnectionOptions, wholeNumber } from '../shared/options.ts'

export function register(command: Command): void {
  addConnectionOptions(command)
    .option('--limit <number>', 'how many at the most', wholeNumber({ minimum: 1 }), 50)
    .option('--action <text>', 'only actions that begin with this text: cluster. or cluster.create')
    .option('--actor <name>', 'only what this user did')
    .option('--target <id>', 'only what was done to this cluster, job, run, key or member')
    .option('--since <time>', 'only from this time on (RFC 3339)')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./list.ts')).listAuditEvents(options))
}
