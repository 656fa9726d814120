/** `radix bench …` */

import { type Command, Option } from 'commander'
import { RunConfig } from '../../harness/config.ts'
import { addEc2Options, addRegionOptions, CHOSEN_PROVIDERS } from '../shared/ec2-options.ts'
import { addConnectionOptions, addDataDirOption, numberOf, positiveNumber, wholeNumber } from '../shared/options.ts'
import { addWorkloadOptions } from '../shared/workload-options.ts'
import { PRESETS } from './presets.ts'

export function register(command: Command): void {
  const run = command.command('run').description('Launch a machine, train on it, terminate it, leave evidence')
  addEc2Options(addWorkloadOptions(addConnectionOptions(run)))
    .addOption(provider())
    .addOption(
      new Option('--preset <name>', 'parameters, type and time to live together').choices(Object.keys(PRESETS)),
    )
    .option('--config <file>', 'JSON file with any of these settings, by the names of the specification')
    .option('--quick', 'the same as --preset quick: on this machine a few small steps, which need no GPU')
    .option('--trials <number>', 'how often the training is repeated (1)', numberOf(RunConfig.shape.trials))
    .option(
      '--ttl-minutes <number>',
      'everything is gone after that, whatever happens (45)',
      numberOf(RunConfig.shape.ttlMinutes),
    )
    .option('--cluster-name <name>', 'name of the cluster (ci-gpu-bench)')
    .option('--cluster-id <id>', 'provider existing: the cluster to use')
    .option('--output-dir <folder>', 'where the evidence folder is made', '.')
    .option('--run-id <id>', 'id of the run (a new one)')
    .option('--run-number <number>', 'names the evidence folder, as a CI run number does (the run id)')
    .option('--dry-run', 'make the checks and start nothing')
    .option('--json', 'print one JSON document and nothing else; the way there goes to stderr')
    .addHelpText(
      'after',
      `
Exit codes: 0 ok, 1 failed, 2 usage or configuration, 4 authentication, 5 capacity or quota, 6 budget,
7 termination unconfirmed, 130 interrupted.
Ctrl-C stops the run and cleans up; pressed again, it leaves at once.`,
    )
    .action(async (options) => (await import('./run.ts')).runBench(options))

  addDataDirOption(command.command('resume <run_id>').description('Go on with a run whose process has ended'))
    .option('--json', 'print one JSON document')
    .action(async (runId, options) => (await import('./resume.ts')).resumeBench(runId, options))

  const cleanup = command.command('cleanup <run_id>').description('Take down everything that a run left')
  addRegionOptions(addConnectionOptions(cleanup).addOption(provider()))
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Where the journal of the run is not on this machine, or is damaged, --provider says what to look for by tags.`,
    )
    .action(async (runId, options) => (await import('./cleanup.ts')).cleanUpBench(runId, options))

  addDataDirOption(command.command('list').description('List the runs of this machine, newest first'))
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./list.ts')).listBenches(options))

  addDataDirOption(command.command('show <run_id>').description('Show a run of this machine'))
    .option('--json', 'print one JSON document')
    .action(async (runId, options) => (await import('./show.ts')).showBench(runId, options))

  addConnectionOptions(command.command('compare <runs...>').description('Put runs side by side'))
    .option('--json', 'print one JSON document')
    .option('--markdown', 'print Markdown')
    .addOption(allowUnverified())
    .addHelpText('after', `\n${WHAT_A_RUN_IS}`)
    .action(async (runs, options) => (await import('./compare.ts')).compareBenches(runs, options))

  const gate = command.command('gate [run]').description('Fail when throughput fell against a baseline')
  addConnectionOptions(gate)
    .requiredOption('--baseline <name>', 'a name (radix bench baseline list), a file, or the evidence of a run')
    .option('--threshold-percent <number>', 'a fall beyond this is a regression', positiveNumber(99), 5)
    .option('--fail-on-ambiguous', 'also fail when the trials cannot tell')
    .option('--markdown <file>', 'write the result for a comment on a pull request')
    .addOption(allowUnverified())
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
${WHAT_A_RUN_IS} Where none is given, it is the newest of this machine.
Exit codes: 0 no regression, 1 evidence that was changed or is not signed, 2 no baseline or nothing that can be
compared, 3 regression.`,
    )
    .action(async (run, options) => (await import('./gate.ts')).gateBench(run, options))

  registerBaseline(command.command('baseline').description('Keep what throughput is measured against'))
}

const WHAT_A_RUN_IS = 'A run is an evidence.json, its folder, or a run id, of this machine or of the control plane.'

function registerBaseline(command: Command): void {
  addConnectionOptions(command.command('set <name> <run>').description('Make a run the baseline of that name'))
    .option('--json', 'print one JSON document')
    .addHelpText('after', `\n${WHAT_A_RUN_IS}\nA name with a slash, or that ends in .json, is a file to write.`)
    .action(async (name, run, options) => (await import('./baseline.ts')).setBaseline(name, run, options))

  addConnectionOptions(command.command('show <name>').description('Show a baseline: what it is and of what run'))
    .option('--json', 'print one JSON document')
    .action(async (name, options) => (await import('./baseline.ts')).showBaseline(name, options))

  addConnectionOptions(command.command('list').description('List the baselines of the control plane, newest first'))
    .option('--limit <number>', 'how many at the most', wholeNumber({ minimum: 1 }), 50)
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./baseline.ts')).listBaselines(options))
}

function allowUnverified(): Option {
  return new Option('--allow-unverified', 'use evidence whose signature is missing or does not hold, and mark it')
}

function provider(): Option {
  return new Option('--provider <provider>', 'where the machine comes from (local)').choices(CHOSEN_PROVIDERS)
}
