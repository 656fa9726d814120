/** `radix api-key …` */
import { type Command, Option } from 'commander'
import { API_KEY_ROLES } from '../../contract/roles.ts'
import { addConnectionOptions, wholeNumber } from '../shared/options.ts'

export function register(command: Command): void {
  addConnectionOptions(command.command('create <name>').description('Create a telemetry API key; it is shown once'))
    .addOption(
      new Option('--role <role>', 'viewer: scores; operator: also observes').choices(API_KEY_ROLES).default('operator'),
    )
    .option('--json', 'print JSON')
    .action(async (name, options) => (await import('./create.ts')).createApiKey(name, options))

  addConnectionOptions(command.command('list').description('List API keys, newest first'))
    .option('--limit <number>', 'how many at the most', wholeNumber({ minimum: 1 }), 50)
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./list.ts')).listApiKeys(options))

  addConnectionOptions(command.command('revoke <api_key_id>').description('Revoke an API key')).action(
    async (apiKeyId, options) => (await import('./revoke.ts')).revokeApiKey(apiKeyId, options),
  )
}
