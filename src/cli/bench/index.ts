/** `radix bench …` */

import { type Command, Option } from 'commander'
import { RunConfig } from '../../harness/config.ts'
import { addEc2Options, addRegionOptions, CHOSEN_PROVIDERS, RECLAIM_POLICIES } from '../shared/ec2-options.ts'
import { addConnectionOptions, addDataDirOption, numberOf, positiveNumber, wholeNumber } from '../shared/options.ts'
import { addSshOptions } from '../shared/ssh-options.ts'
import { addWorkloadOptions } from '../shared/workload-options.ts'
import { PRESETS } from './presets.ts'

export function register(command: Command): void {
  const run = command
    .command('run')
    .description('Launch a machine, run a workload on it, terminate it, and write evidence')
  addSshOptions(addEc2Options(addWorkloadOptions(addConnectionOptions(run))))
    .addOption(provider())
    .addOption(
      new Option('--preset <name>', 'sets the parameters, type and time to live together').choices(
        Object.keys(PRESETS),
      ),
    )
    .option('--config <file>', 'JSON file with any of these settings, under the names of the specification')
    .option('--quick', 'the same as --preset quick: a few small steps on this machine, which need no GPU')
    .option('--trials <number>', 'how many trials are run (1)', numberOf(RunConfig.shape.trials))
    .option(
      '--ttl-minutes <number>',
      'everything is terminated by then, whatever happens (45)',
      numberOf(RunConfig.shape.ttlMinutes),
    )
    .option('--cluster-name <name>', 'name of the cluster (ci-gpu-bench)')
    .option('--cluster-id <id>', 'provider existing: the cluster to use')
    .addOption(
      new Option(
        '--on-reclaim <policy>',
        'ec2: when AWS takes a spot machine back: fail, or start another run (fail)',
      ).choices(RECLAIM_POLICIES),
    )
    .option('--output-dir <folder>', 'where the evidence folder is created', '.')
    .option('--run-id <id>', 'id of the run (a new one)')
    .option('--run-number <number>', 'names the evidence folder, as a CI run number does (the run id)')
    .option('--dry-run', 'run the checks and start nothing')
    .option('--json', 'print one JSON document and nothing else; progress goes to stderr')
    .addHelpText(
      'after',
      `
Exit codes: 0 ok, 1 failed, 2 usage or configuration, 4 authentication,
5 capacity or quota, 6 budget, 7 termination unconfirmed, 130 interrupted.
Ctrl-C stops the run and cleans up. A second Ctrl-C exits at once.`,
    )
    .action(async (options) => (await import('./run.ts')).runBench(options))

  addDataDirOption(command.command('resume <run_id>').description('Continue a run whose process has ended'))
    .option('--json', 'print one JSON document')
    .action(async (runId, options) => (await import('./resume.ts')).resumeBench(runId, options))

  const cleanup = command.command('cleanup <run_id>').description('Remove everything that a run left')
  addSshOptions(addRegionOptions(addConnectionOptions(cleanup).addOption(provider())))
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
If the journal of the run is not on this machine or is damaged, --provider says where to search by tags.`,
    )
    .action(async (runId, options) => (await import('./cleanup.ts')).cleanUpBench(runId, options))

  addDataDirOption(command.command('list').description('List the runs of this machine, newest first'))
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./list.ts')).listBenches(options))

  addDataDirOption(command.command('show <run_id>').description('Show a run of this machine'))
    .option('--json', 'print one JSON document')
    .action(async (runId, options) => (await import('./show.ts')).showBench(runId, options))

  addConnectionOptions(command.command('compare <runs...>').description('Compare runs side by side'))
    .option('--json', 'print one JSON document')
    .option('--markdown', 'print Markdown')
    .addOption(allowUnverified())
    .addHelpText('after', `\n${WHAT_A_RUN_IS}`)
    .action(async (runs, options) => (await import('./compare.ts')).compareBenches(runs, options))

  const gate = command.command('gate [run]').description('Fail when throughput fell against a baseline')
  addConnectionOptions(gate)
    .requiredOption('--baseline <name>', 'a name (radix bench baseline list), a file, or the evidence of a run')
    .option('--threshold-percent <number>', 'a fall beyond this is a regression', positiveNumber(99), 5)
    .option('--fail-on-ambiguous', 'also fail when the trials are inconclusive')
    .option('--markdown <file>', 'write the result as Markdown, for a pull request comment')
    .addOption(allowUnverified())
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
${WHAT_A_RUN_IS} Without one, it is the newest run of this machine.
Exit codes: 0 no regression, 1 evidence that was changed or is not signed,
2 no baseline or nothing that can be compared, 3 regression.`,
    )
    .action(async (run, options) => (await import('./gate.ts')).gateBench(run, options))

  registerBaseline(command.command('baseline').description('Keep the baselines that throughput is compared with'))
}

const WHAT_A_RUN_IS = 'A run is an evidence.json, its folder, or a run id, of this machine or of the control plane.'

function registerBaseline(command: Command): void {
  addConnectionOptions(command.command('set <name> <run>').description('Make a run the baseline of that name'))
    .option('--json', 'print one JSON document')
    .addHelpText('after', `\n${WHAT_A_RUN_IS}\nA name that contains a slash or ends in .json is a file to write.`)
    .action(async (name, run, options) => (await import('./baseline.ts')).setBaseline(name, run, options))

  addConnectionOptions(command.command('show <name>').description('Show a baseline and the run that it comes from'))
    .option('--json', 'print one JSON document')
    .action(async (name, options) => (await import('./baseline.ts')).showBaseline(name, options))

  addConnectionOptions(command.command('list').description('List the baselines of the control plane, newest first'))
    .option('--limit <number>', 'how many at the most', wholeNumber({ minimum: 1 }), 50)
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./baseline.ts')).listBaselines(options))
}

function allowUnverified(): Option {
  return new Option('--allow-unverified', 'use evidence whose signature is missing or invalid, and mark it')
}

function provider(): Option {
  return new Option('--provider <provider>', 'where the machine comes from (local)').choices(CHOSEN_PROVIDERS)
}
