/** `radix webhook …` */
import { type Command, Option } from 'commander'
import { WEBHOOK_EVENTS, WEBHOOK_FORMATS } from '../../contract/schemas/webhook.ts'
import { addConnectionOptions, wholeNumber } from '../shared/options.ts'

export function register(command: Command): void {
  addConnectionOptions(command.command('add <url>').description('Add a webhook; its secret is shown once'))
    .addOption(
      new Option('--event <event...>', 'an event to deliver')
        .choices(WEBHOOK_EVENTS)
        .default([...WEBHOOK_EVENTS], 'all'),
    )
    .addOption(new Option('--format <format>', 'the format of the body').choices(WEBHOOK_FORMATS).default('standard'))
    .option('--json', 'print JSON')
    .action(async (url, options) => (await import('./add.ts')).addWebhook(url, options))

  addConnectionOptions(command.command('list').description('List webhooks, newest first'))
    .option('--limit <number>', 'how many at the most', wholeNumber({ minimum: 1 }), 50)
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./list.ts')).listWebhooks(options))

  addConnectionOptions(command.command('test <webhook_id>').description('Make a test delivery, and show how it went'))
    .option('--json', 'print JSON')
    .action(async (webhookId, options) => (await import('./test.ts')).testWebhook(webhookId, options))

  addConnectionOptions(
    command.command('remove <webhook_id>').description('Remove a webhook with its deliveries'),
  ).action(async (webhookId, options) => (await import('./remove.ts')).removeWebhook(webhookId, options))

  addConnectionOptions(command.command('deliveries <webhook_id>').description('List the deliveries of a webhook'))
    .option('--limit <number>', 'how many at the most', wholeNumber({ minimum: 1 }), 50)
    .option('--json', 'print JSON')
    .action(async (webhookId, options) => (await import('./deliveries.ts')).listDeliveries(webhookId, options))
}
