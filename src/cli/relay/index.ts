/** `radix relay …` */
import type { Command } from 'commander'
import { addConnectionOptions, addDataDirOption, wholeNumber } from '../shared/options.ts'

export function register(command: Command): void {
  addConnectionOptions(
    command
      .command('serve <cluster_id>')
      .description('Carry the requests of an agent that cannot reach the control plane, through a bucket'),
  )
    .option('--file <file>', 'write the relay file for the agent: a secret, with an onboarding token')
    .option('--aws-region <region>', 'region of the bucket (env AWS_REGION; us-west-2)')
    .option(
      '--ttl-minutes <number>',
      'how long the relay is valid, if it is opened now; no longer than the AWS credentials',
      wholeNumber({ minimum: 1, maximum: 7 * 24 * 60 }),
      24 * 60,
    )
    .addHelpText('after', '\nStopped or killed, it continues when it is run again; `radix relay close` ends it.')
    .action(async (clusterId, options) => (await import('./serve.ts')).serveRelay(clusterId, options))

  addDataDirOption(command.command('close <cluster_id>').description('Delete the bucket of a relay'))
    .option('--aws-region <region>', 'region of the bucket (env AWS_REGION; us-west-2)')
    .action(async (clusterId, options) => (await import('./close.ts')).closeRelay(clusterId, options))
}
