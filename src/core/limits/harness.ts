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
    of: 'time for a cancelled step to stop',
    effect: 'The run continues without waiting for it.',
  },
  explanation: {
    value: 15 * SECOND,
    unit: 'ms',
    of: 'the diagnosis of a step that took too long (logs, console, status)',
    effect: 'The error names only the step, and the run is cleaned up.',
  },
  cancelRequest: {
    value: 2 * SECOND,
    unit: 'ms',
    of: 'the request that records an interrupt in the control plane',
    effect: 'The clean-up starts without it.',
  },
  report: {
    value: 5 * SECOND,
    unit: 'ms',
    of: 'a report of the run to the control plane',
    effect: 'It is repeated two seconds later.',
  },
  streamSilence: {
    value: 15 * SECOND,
    unit: 'ms',
    of: 'silence in the live stream of a job',
    effect: 'The job is read directly, and the stream is reopened.',
  },
  streamEvent: {
    value: 8 * 1024 * 1024,
    unit: 'characters',
    of: 'an event of the live stream of a job',
    effect: 'The job is read directly, and the stream is reopened.',
  },
  journalEntry: {
    value: 8 * 1024 * 1024,
    unit: 'characters',
    of: 'an entry in the journal of a run',
    effect: 'The command ends with JOURNAL_DAMAGED.',
  },
  collectedFacts: {
    value: 256 * 1024 * 1024,
    unit: 'characters',
    of: 'the collected results of a run, read from its folder',
    effect: 'They count as damaged; a resumed run collects them again.',
  },
  collectedEvents: {
    value: 500_000,
    unit: 'count',
    of: 'GPU samples, and log lines, collected from one trial',
    effect: 'Later ones are omitted from the evidence.',
  },
  embeddedServerStart: {
    value: 90 * SECOND,
    unit: 'ms',
    of: 'the start of an embedded control plane',
    effect: 'The server is stopped, and the command fails with EMBEDDED_SERVER_FAILED.',
  },
  embeddedServerStop: {
    value: 20 * SECOND,
    unit: 'ms',
    of: 'the shutdown of an embedded control plane',
    effect: 'The server is killed; its database stops by itself.',
  },
  embeddedServerRestarts: {
    value: 3,
    unit: 'count',
    of: 'consecutive restarts of an embedded control plane that exited by itself',
    effect: 'It is not restarted, and the run is cleaned up without it.',
  },
  endingQuestion: {
    value: 10 * SECOND,
    unit: 'ms',
    of: 'each of two requests for the outcome of a run, before a clean-up or a resumed run continues',
    effect: 'A clean-up cleans up the run. A run whose clean-up has not started is not resumed.',
  },
  sampleReach: {
    value: 3000,
    unit: 'ms',
    of: 'time that a GPU sample covers if the next one is missing',
    effect: 'The time after that counts as not sampled.',
  },
  reclaimReason: {
    value: MINUTE,
    unit: 'ms',
    of: 'time in which AWS says why a spot machine ended on which a job failed',
    effect: 'The run fails with the reason of the job.',
  },
  jobTimeoutGrace: {
    value: MINUTE,
    unit: 'ms',
    of: 'timeout of a job beyond the time to live of its run',
    effect: 'The agent ends the job if the run did not.',
  },
} as const satisfies LimitTable

function step(name: string, value: number): Limit {
  return { value, unit: 'ms', of: `step \`${name}\` of a run`, effect: 'The step fails, and the run is cleaned up.' }
}

function undo(name: string, value: number): Limit {
  const effect = 'It stays pending for `radix bench cleanup`, and the next undo is tried.'
  return { value, unit: 'ms', of: `all attempts together to undo or complete \`${name}\``, effect }
}
