/** `radix cluster …` */
import { type Command, Option } from 'commander'
import { RUNNABLE_CLUSTER_TYPES } from '../../core/cluster-types.ts'
import { CLUSTER_STATUSES } from '../../core/transitions.ts'
import { addConnectionOptions, wholeNumber } from '../shared/options.ts'

export function register(command: Command): void {
  addConnectionOptions(command.command('create <name>').description('Create a cluster'))
    .addOption(new Option('--type <type>', 'what it is').choices(RUNNABLE_CLUSTER_TYPES).default('docker_host'))
    .option('--json', 'print JSON')
    .action(async (name, options) => (await import('./create.ts')).createCluster(name, options))

  addConnectionOptions(command.command('list').description('List clusters, newest first'))
    .addOption(new Option('--status <status>', 'only those').choices(CLUSTER_STATUSES))
    .option('--name <part>', 'only clusters whose name contains this')
    .option('--limit <number>', 'how many at the most', wholeNumber({ minimum: 1 }), 50)
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./list.ts')).listClusters(options))

  addConnectionOptions(command.command('show <cluster_id>').description('Show a cluster as JSON')).action(
    async (clusterId, options) => (await import('./show.ts')).showCluster(clusterId, options),
  )

  addConnectionOptions(command.command('onboard <cluster_id>').description('Create an onboarding token for an agent'))
    .option('--ttl-minutes <number>', 'how long the token is valid', wholeNumber({ minimum: 1, maximum: 1440 }), 60)
    .option('--json', 'print JSON')
    .action(async (clusterId, options) => (await import('./onboard.ts')).onboardCluster(clusterId, options))

  addConnectionOptions(command.command('archive <cluster_id>').description('Archive a cluster')).action(
    async (clusterId, options) => (await import('./archive.ts')).archiveCluster(clusterId, options),
  )
}
