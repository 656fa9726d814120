/** `radix aws …` */
import { type Command, InvalidArgumentError } from 'commander'
import { RunConfig } from '../../harness/config.ts'
import { addEc2Options } from '../shared/ec2-options.ts'
import { addConnectionOptions, numberOf } from '../shared/options.ts'

export function register(command: Command): void {
  command
    .command('init')
    .description('Make what machines need in an AWS account; again: put right what has changed')
    .option('--region <region>', 'where machines are launched (env AWS_REGION; us-west-2)')
    .option('--fallback-region <region...>', 'where they may be launched, too: the default VPC there')
    .option('--vpc-id <id>', 'their VPC (the default VPC)')
    .option('--subnet-id <id...>', 'their subnets, in order (those of the VPC)')
    .option('--github-repository <owner/name>', 'make the role for its workflows, too', repositoryName)
    .option('--ref <ref...>', 'only jobs without an environment on these refs; refs/heads/main for reap.yml', subject)
    .option(
      '--environment <name...>',
      'only jobs in these environments; radix-benchmark for gpu-benchmark-ec2.yml',
      subject,
    )
    .option('--allow-instance-type <pattern...>', 'types that workflows may launch (g4dn.* g5.* g6.* g6e.*)')
    .option('--cognito-user-pool-id <id>', 'user pool of which workflows may get user tokens')
    .option('--private', 'make VPC endpoints for subnets without a way to the internet, too; they cost money')
    .option('--dry-run', 'look, and change nothing')
    .option('--gh', "set the repository's secrets with `gh`")
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./init.ts')).initAws(options))

  command
    .command('destroy')
    .description('Remove what `radix aws init` made, and nothing else')
    .option('--region <region>', 'where it was made (env AWS_REGION; us-west-2)')
    .option('--fallback-region <region...>', 'where it was made, too')
    .option('--dry-run', 'look, and change nothing')
    .option('--yes', 'really remove it')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./destroy.ts')).destroyAws(options))

  addEc2Options(addConnectionOptions(command.command('doctor').description('Make every check of a run on EC2, alone')))
    .option('--config <file>', 'JSON file with any of these settings, by the names of the specification')
    .option('--ttl-minutes <number>', 'how long the run may last', numberOf(RunConfig.shape.ttlMinutes), 45)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExit code 2 when something would stop a run, 4 when that is missing credentials.')
    .action(async (options) => (await import('./doctor.ts')).checkAccount(options))
}

/** An option parser for GitHub's `owner/name`. What it becomes part of, a policy, knows `*` and `?` as wildcards. */
function repositoryName(value: string): string {
  if (/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/.test(value)) return value
  throw new InvalidArgumentError('It must be the owner and the name, such as iangreen74/radix')
}

/** It becomes part of the same policy; the values of one option are gathered. */
function subject(value: string, previous: string[] = []): string[] {
  if (/^[A-Za-z0-9._/-]+$/.test(value)) return [...previous, value]
  throw new InvalidArgumentError('It may hold letters, digits, `.`, `_`, `/` and `-`')
}
