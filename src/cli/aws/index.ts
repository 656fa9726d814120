/** `radix aws …` */
import { type Command, InvalidArgumentError } from 'commander'
import { RunConfig } from '../../harness/config.ts'
import { addEc2Options } from '../shared/ec2-options.ts'
import { addConnectionOptions, numberOf } from '../shared/options.ts'

export function register(command: Command): void {
  command
    .command('init')
    .description('Create what machines need in an AWS account, or correct what has changed')
    .option('--region <region>', 'where machines are launched (env AWS_REGION; us-west-2)')
    .option('--fallback-region <region...>', 'further regions where they may be launched, in the default VPC')
    .option('--vpc-id <id>', 'their VPC (the default VPC)')
    .option('--subnet-id <id...>', 'their subnets, in order (all of the VPC)')
    .option('--github-repository <owner/name>', 'also create the role for its workflows', repositoryName)
    .option('--ref <ref...>', 'only jobs without an environment on these refs; refs/heads/main for reap.yml', subject)
    .option(
      '--environment <name...>',
      'only jobs in these environments; radix-benchmark for gpu-benchmark-ec2.yml',
      subject,
    )
    .option('--allow-instance-type <pattern...>', 'types that workflows may launch (g4dn.* g5.* g6.* g6e.*)')
    .option('--cognito-user-pool-id <id>', 'user pool from which workflows may get user tokens')
    .option('--private', 'also create VPC endpoints for subnets without a route to the internet; they cost money')
    .option('--dry-run', 'show the plan, and change nothing')
    .option('--gh', "set the repository's secrets with `gh`")
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./init.ts')).initAws(options))

  command
    .command('destroy')
    .description('Remove what `radix aws init` created, and nothing else')
    .option('--region <region>', 'where it was created (env AWS_REGION; us-west-2)')
    .option('--fallback-region <region...>', 'further regions where it was created')
    .option('--dry-run', 'show the plan, and change nothing')
    .option('--yes', 'remove it; without this, only show what would be removed')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./destroy.ts')).destroyAws(options))

  addEc2Options(
    addConnectionOptions(command.command('doctor').description('Run the checks of an EC2 run, and start nothing')),
  )
    .option('--config <file>', 'JSON file with any of these settings, under the names of the specification')
    .option('--ttl-minutes <number>', 'how long the run may last', numberOf(RunConfig.shape.ttlMinutes), 45)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExit code 2 if a check would stop a run, 4 if credentials are missing.')
    .action(async (options) => (await import('./doctor.ts')).checkAccount(options))
}

/** An option parser for GitHub's `owner/name`. The value becomes part of a policy, where `*` and `?` are wildcards. */
function repositoryName(value: string): string {
  if (/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/.test(value)) return value
  throw new InvalidArgumentError('It must be the owner and the name, such as iangreen74/radix')
}

/** The value becomes part of the same policy. Repeated options are collected. */
function subject(value: string, previous: string[] = []): string[] {
  if (/^[A-Za-z0-9._/-]+$/.test(value)) return [...previous, value]
  throw new InvalidArgumentError('It may hold letters, digits, `.`, `_`, `/` and `-`')
}
