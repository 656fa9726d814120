/**
 * The run, in one table: what is done in which order, how each step is undone, and how long it may take. The engine
 * carries it out; each step is a file in `steps/`.
 */
import type { Step } from './step.ts'
import { authenticate } from './steps/authenticate.ts'
import { awaitCluster, clusterNotActiveInTime } from './steps/await-cluster.ts'
import { awaitMachine } from './steps/await-machine.ts'
import { cleanUp } from './steps/clean-up.ts'
import { collect } from './steps/collect.ts'
import { archiveClusters, createCluster } from './steps/create-cluster.ts'
import { createOnboardingToken, revokeOnboardingTokens } from './steps/create-onboarding-token.ts'
import { launchMachine } from './steps/launch-machine.ts'
import { preflight } from './steps/preflight.ts'
import { endRun, registerRun } from './steps/register-run.ts'
import { cancelJobs, jobNotCompletedInTime, runTrials } from './steps/run-trials.ts'
import { terminateMachine, terminateMachines, terminationUnconfirmed } from './steps/terminate-machine.ts'
import { writeEvidence, writeWhatIsKnown } from './steps/write-evidence.ts'
import type { Undo } from './unwind.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

// biome-ignore format: a table is read by its columns
export const PLAN: readonly Step[] = [
  // Nothing is made that outlives it: no undo.
  { name: 'authenticate', do: authenticate, timeoutMs: MINUTE, undo: null },
  // Looks, and touches nothing: no undo.
  { name: 'preflight', do: preflight, timeoutMs: 2 * MINUTE, undo: null },
  // Ended by CLOSING below, after everything else is down and the evidence is written.
  { name: 'register-run', do: registerRun, timeoutMs: MINUTE, undo: null },
  { name: 'create-cluster', do: createCluster, timeoutMs: MINUTE, undo: archiveClusters, undoTimeoutMs: MINUTE },
  { name: 'create-onboarding-token', do: createOnboardingToken, timeoutMs: MINUTE, undo: revokeOnboardingTokens, undoTimeoutMs: 30 * SECOND },
  { name: 'launch-machine', do: launchMachine, timeoutMs: 5 * MINUTE, undo: terminateMachines, undoTimeoutMs: 10 * MINUTE },
  // Only wait for what the steps before have started: no undo.
  { name: 'await-machine', do: awaitMachine, timeoutMs: 5 * MINUTE, undo: null },
  { name: 'await-cluster', do: awaitCluster, timeoutMs: 10 * MINUTE, undo: null, onTimeout: clusterNotActiveInTime },
  // Short to undo: where the control plane does not answer, the other undos must not wait for it.
  { name: 'run-trials', do: runTrials, timeoutMs: null, undo: cancelJobs, undoTimeoutMs: 15 * SECOND, onDeadline: jobNotCompletedInTime },
  // What was measured is kept, whatever becomes of the run: no undo.
  { name: 'collect', do: collect, timeoutMs: 2 * MINUTE, undo: null },
  // What is terminated stays so: no undo.
  { name: 'terminate-machine', do: terminateMachine, timeoutMs: 10 * MINUTE, undo: null, onTimeout: terminationUnconfirmed },
  // Evidence is never taken back: no undo. From here on nothing is billed, so that the deadline binds no more.
  { name: 'write-evidence', do: writeEvidence, timeoutMs: 2 * MINUTE, undo: null, boundByDeadline: false },
  // Is itself the undo of what is left.
  { name: 'clean-up', do: cleanUp, timeoutMs: 2 * MINUTE, undo: null, boundByDeadline: false },
]

/** What every unwinding ends with, once the undos above have been tried: the evidence of what is known, then the run's end. */
// biome-ignore format: a table is read by its columns
export const CLOSING: readonly Undo[] = [
  { step: 'write-evidence', run: writeWhatIsKnown, timeoutMs: 30 * SECOND },
  { step: 'register-run', run: endRun, timeoutMs: 30 * SECOND },
]
