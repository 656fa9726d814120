import type { Limit, LimitTable } from './limit.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

export const HARNESS_LIMITS = {
  authenticate: step('authenticate', MINUTE),
  preflight: step('preflight', 2 * MINUTE),
  registerRun: step('register-run', MINUTE),
  createCluster: step('create-cluster', MINUTE),
  createOnboardingToken: step('create-onboarding-token', MINUTE),
  launchMachine: step('launch-machine', 5 * MINUTE),
  awaitMachine: step('await-machine', 5 * MINUTE),
  awaitCluster: step('await-cluster', 10 * MINUTE),
  collect: step('collect', 2 * MINUTE),
  terminateMachine: step('terminate-machine', 10 * MINUTE),
  writeEvidence: step('write-evidence', 2 * MINUTE),
  cleanUp: step('clean-up', 2 * MINUTE),
  undoCreateCluster: undo('create-cluster', MINUTE),
  undoCreateOnboardingToken: undo('create-onboarding-token', 30 * SECOND),
  undoLaunchMachine: undo('launch-machine', 10 * MINUTE),
  undoRunTrials: undo('run-trials', 15 * SECOND),
  undoOther: undo('any other step', MINUTE),
  writeWhatIsKnown: undo('write-evidence', 30 * SECOND),
  endRun: undo('register-run', 30 * SECOND),
  orderlyEnd: {
    value: 10 * SECOND,
    unit: 'ms',
    of: 'the orderly end of a step that was told to end',
    effect: 'The run goes on without it.',
  },
  explanation: {
    value: 15 * SECOND,
    unit: 'ms',
    of: 'the search for the reason why a step took too long (logs, console, status)',
    effect: 'The error names only the step, and the run is unwound.',
  },
  cancelRequest: {
    value: 2 * SECOND,
    unit: 'ms',
    of: 'the request that puts an interrupt on record in the control plane',
    effect: 'The run is unwound without it.',
  },
  report: {
    value: 5 * SECOND,
    unit: 'ms',
    of: 'a report on the run to the control plane',
    effect: 'It is made again two seconds later.',
  },
  streamSilence: {
    value: 15 * SECOND,
    unit: 'ms',
    of: 'the silence of the live stream of a job',
    effect: 'The job itself is read, and the stream is opened again.',
  },
  streamLine: {
    value: 8 * 1024 * 1024,
    unit: 'characters',
    of: 'a line of the live stream of a job',
    effect: 'The job itself is read, and the stream is opened again.',
  },
  journalEntry: {
    value: 8 * 1024 * 1024,
    unit: 'characters',
    of: 'an entry of the journal of a run that is read back',
    effect: 'The command ends with JOURNAL_DAMAGED.',
  },
  collectedFacts: {
    value: 256 * 1024 * 1024,
    unit: 'characters',
    of: 'what was collected of a run, read back from its folder',
    effect: 'It counts as damaged; a run that goes on collects it again.',
  },
  collectedEvents: {
    value: 500_000,
    unit: 'count',
    of: 'the GPU samples, and the lines of log, that are collected of one trial',
    effect: 'Later ones are not in the evidence.',
  },
  embeddedServerStart: {
    value: 90 * SECOND,
    unit: 'ms',
    of: 'the start of the control plane that a command starts for itself',
    effect: 'The server is ended, and the command fails with EMBEDDED_SERVER_FAILED.',
  },
  embeddedServerStop: {
    value: 20 * SECOND,
    unit: 'ms',
    of: 'the end of the control plane that a command started for itself',
    effect: 'The server is killed; its database ends by itself.',
  },
  embeddedServerRestarts: {
    value: 3,
    unit: 'count',
    of: 'restarts in a row of an embedded control plane that ended by itself',
    effect: 'It is not started again, and the run is unwound without it.',
  },
  serverAnswer: {
    value: 5 * SECOND,
    unit: 'ms',
    of: 'the answer of an embedded server that is asked to serve other commands, too',
    effect: 'The command goes on; others are told to wait.',
  },
  endingQuestion: {
    value: 10 * SECOND,
    unit: 'ms',
    of: 'each of two questions to the control plane how a run ended, before a clean-up or a resumed run goes on',
    effect: 'The journal alone decides.',
  },
  gitAnswer: {
    value: 5 * SECOND,
    unit: 'ms',
    of: '`git rev-parse` for the commit of this clone',
    effect: 'Evidence names no commit.',
  },
  sampleReach: {
    value: 3000,
    unit: 'ms',
    of: 'the time for which a GPU sample stands where the next is missing',
    effect: 'The time after it counts as not sampled.',
  },
  jobTimeoutGrace: {
    value: MINUTE,
    unit: 'ms',
    of: 'the timeout of a job beyond the time to live of its run',
    effect: 'The agent ends the job, should the run not have done so.',
  },
} as const satisfies LimitTable

function step(name: string, value: number): Limit {
  return { value, unit: 'ms', of: `step \`${name}\` of a run`, effect: 'The step fails, and the run is unwound.' }
}

function undo(name: string, value: number): Limit {
  const effect = 'It stays pending for `radix bench cleanup`, and the next is tried.'
  return { value, unit: 'ms', of: `all tries together to undo or to close \`${name}\``, effect }
}
