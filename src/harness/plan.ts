/**
 * The run in one table: the order of the steps, how each is undone, and its time limit. The engine runs it; each step
 * is a file in `steps/`.
 */
import { HARNESS_LIMITS } from '../core/limits/harness.ts'
import type { Step, Undo } from './step.ts'
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

const L = HARNESS_LIMITS

// biome-ignore format: a table is read by its columns
export const PLAN: readonly Step[] = [
  // It creates nothing that outlives it, so it has no undo.
  { name: 'authenticate', do: authenticate, timeoutMs: L.authenticate.value, undo: null },
  // It only looks, so it has no undo.
  { name: 'preflight', do: preflight, timeoutMs: L.preflight.value, undo: null },
  // CLOSING below undoes it, after everything else is down and the evidence is written.
  { name: 'register-run', do: registerRun, timeoutMs: L.registerRun.value, undo: null },
  { name: 'create-cluster', do: createCluster, timeoutMs: L.createCluster.value, undo: archiveClusters, undoTimeoutMs: L.undoCreateCluster.value },
  { name: 'create-onboarding-token', do: createOnboardingToken, timeoutMs: L.createOnboardingToken.value, undo: revokeOnboardingTokens, undoTimeoutMs: L.undoCreateOnboardingToken.value },
  { name: 'launch-machine', do: launchMachine, timeoutMs: L.launchMachine.value, undo: terminateMachines, undoFirst: true, undoTimeoutMs: L.undoLaunchMachine.value },
  // These only wait for what earlier steps started, so they have no undo.
  { name: 'await-machine', do: awaitMachine, timeoutMs: L.awaitMachine.value, undo: null },
  { name: 'await-cluster', do: awaitCluster, timeoutMs: L.awaitCluster.value, undo: null, onTimeout: clusterNotActiveInTime },
  // A short undo: if the control plane does not answer, the other undos must not wait for it.
  { name: 'run-trials', do: runTrials, timeoutMs: null, undo: cancelJobs, undoTimeoutMs: L.undoRunTrials.value, onDeadline: jobNotCompletedInTime },
  // Measurements are kept however the run ends, so it has no undo.
  { name: 'collect', do: collect, timeoutMs: L.collect.value, undo: null },
  // A termination is final, so it has no undo.
  { name: 'terminate-machine', do: terminateMachine, timeoutMs: L.terminateMachine.value, undo: null, onTimeout: terminationUnconfirmed },
  // Evidence is never withdrawn, so it has no undo. From here on nothing is billed, and the deadline no longer applies.
  { name: 'write-evidence', do: writeEvidence, timeoutMs: L.writeEvidence.value, undo: null, boundByDeadline: false },
  // It is itself the undo of what is left.
  { name: 'clean-up', do: cleanUp, timeoutMs: L.cleanUp.value, undo: null, boundByDeadline: false },
]

/**
 * The end of every unwinding, once the undos above have been tried: write the evidence of what is known, then end the
 * run.
 */
// biome-ignore format: a table is read by its columns
export const CLOSING: readonly Undo[] = [
  { step: 'write-evidence', run: writeWhatIsKnown, timeoutMs: L.writeWhatIsKnown.value },
  { step: 'register-run', run: endRun, timeoutMs: L.endRun.value },
]
