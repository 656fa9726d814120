/** `radix member …` */
import { type Command, Option } from 'commander'
import { ROLES } from '../../contract/roles.ts'
import { addConnectionOptions, wholeNumber } from '../shared/options.ts'

const HELP = `
Roles:
  viewer    reads
  operator  also starts and ends clusters, jobs and runs
  admin     also manages members, budget, API keys and webhooks, and reads the audit log`

export function register(command: Command): void {
  addConnectionOptions(command.command('list').description('List the users who have signed in, with their roles'))
    .option('--limit <number>', 'how many at the most', wholeNumber({ minimum: 1 }), 50)
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./list.ts')).listMembers(options))

  addConnectionOptions(
    command
      .command('set')
      .argument('<member>', 'id, or name if only one member has it')
      .argument('<role>', `${ROLES.join(', ')}, or default`)
      .description('Set the role of a member'),
  )
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (member, role, options) => (await import('./set.ts')).setMemberRole(member, role, options))

  addConnectionOptions(
    command.command('default').description('Show the role of every user without a role of their own, or set it'),
  )
    .addOption(new Option('--role <role>', 'the role to set').choices(ROLES))
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (options) => (await import('./default.ts')).showDefaultRole(options))
}
