/** Maps a run's state to the record in the control plane. Pure. */
import { isAbsolute, join, sep } from 'node:path'
import type { z } from 'zod'
import type { RunStep, UpdateRunBody } from '../contract/schemas/run.ts'
import type { RunStatus } from '../core/transitions.ts'
import { isErrorCode } from '../errors/render.ts'
import type { Failure } from './journal/entry.ts'
import type { RunState } from './journal/run-state.ts'
import { STEP_NAMES } from './step-names.ts'

type Report = z.input<typeof UpdateRunBody>

const MESSAGE_LENGTH = 500

/** While the run is in progress. Its local file paths are not for every user who may see the run. */
export function reportOf(state: RunState): Report {
  return {
    ...(state.phase === 'ended' ? {} : { status: 'running' }),
    cluster_id: state.facts.clusterId ?? null,
    steps: reportSteps(state).map((step) => ({
      ...step,
      message: step.message && withoutFolders(step.message, state),
    })),
    machine: reportMachine(state),
  }
}

/** The last report. */
export function finalReportOf(state: RunState, ending: { status: RunStatus; failure: Failure | null }): Report {
  const code = ending.status === 'termination_unconfirmed' ? 'TERMINATION_UNCONFIRMED' : ending.failure?.code
  return {
    ...reportOf(state),
    status: ending.status,
    error_code: isErrorCode(code) ? code : null,
  }
}

export function reportSteps(state: RunState): RunStep[] {
  return STEP_NAMES.map((name) => {
    const { status, startedAt, finishedAt, message, undo } = state.steps[name]
    return {
      name,
      // A failed step keeps the status `failed` after its cleanup.
      status: undo === 'done' && status !== 'skipped' && status !== 'failed' ? 'undone' : status,
      started_at: startedAt,
      finished_at: finishedAt,
      message: message?.slice(0, MESSAGE_LENGTH) ?? null,
    }
  })
}

function withoutFolders(message: string, { config }: RunState): string {
  const { outputDirectory, dataDir } = config
  return [outputDirectory, dataDir].reduce(
    (text, folder) => (isAbsolute(folder) ? text.replaceAll(join(folder, sep), '') : text),
    message,
  )
}

function reportMachine({ facts }: RunState): Report['machine'] {
  if (!facts.machine) return null
  return {
    machine_id: facts.machine.machineId,
    instance_type: facts.machine.instanceType,
    state: machineState(facts),
    launched_at: facts.machine.launchedAt,
    terminated_at: facts.terminationConfirmedAt ?? null,
  }
}

function machineState(facts: RunState['facts']): 'pending' | 'running' | 'terminating' | 'terminated' {
  if (facts.terminationConfirmedAt) return 'terminated'
  if (facts.terminationRequestedAt) return 'terminating'
  return facts.machineRunningAt ? 'running' : 'pending'
}
