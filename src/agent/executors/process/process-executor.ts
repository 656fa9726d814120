/**
 * Jobs as plain processes. Each has its own session, so its whole group can be ended, and is contained, so that
 * processes that leave the group can be ended too.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { INTERVALS } from '../../../core/limits/intervals.ts'
import { findProgram } from '../../../system/find-program.ts'
import { signalGroup } from '../../../system/process-group.ts'
import {
  findProcess,
  identifyProcess,
  type ProcessIdentity,
  UNKNOWN_START_TIME,
} from '../../../system/process-table.ts'
import type { Execution, ExecutionEnd, ExecutionRecord, ExecutionSpec, Executor } from '../executor.ts'
import { type Containment, containJob, killLeftovers } from './leftovers.ts'

type ProcessRecord = Extract<ExecutionRecord, { executor: 'process' }>

const NAME = 'process'
/** The start time of a process that had ended before it could be looked up: it equals no other. */
const ENDED = 'ended'
/** The end of another process raises no event, so it is polled. */
const ATTACHED_LOOK_MS = INTERVALS.attachedProcess.value

export const processExecutor = createProcessExecutor()

/** Tests pass another way to kill what a job leaves. */
export function createProcessExecutor(kill = killLeftovers): Executor {
  return {
    name: NAME,
    async start(spec) {
      const containment = await containJob(spec.jobId)
      const { controlGroup } = containment
      const { child, ended } = await spawnProcess(spec, containment).catch(async (error) => {
        await kill(spec.jobId, controlGroup)
        throw error
      })
      const pid = child.pid ?? 0
      const look = identifyProcess(pid)
      // A process that has already ended has no identity: its end comes as an event.
      const startTime =
        look.outcome === 'found' ? look.value.startTime : look.outcome === 'absent' ? ENDED : UNKNOWN_START_TIME
      const record = {
        executor: NAME,
        pid,
        startTime,
        ...(controlGroup === undefined ? {} : { controlGroup }),
      } as const
      return createExecution(record, () => kill(spec.jobId, controlGroup), ended)
    },
    async attach(record, { jobId }) {
      const controlGroup = record?.executor === NAME ? record.controlGroup : undefined
      const killAll = () => kill(jobId, controlGroup)
      // A process that cannot be looked up may still run: it is followed until the table can be read.
      if (record?.executor === NAME && findProcess(record).outcome !== 'absent') {
        return createExecution(record, killAll, waitForEnd(record))
      }
      const note = await killAll()
      // The job's log names processes that were or may be left.
      return note === undefined ? undefined : endedExecution(note)
    },
  }
}

interface Spawned {
  child: ChildProcess
  ended: Promise<ExecutionEnd>
}

async function spawnProcess(spec: ExecutionSpec, { prefix, env }: Containment): Promise<Spawned> {
  const isThere = findProgram(spec.argv[0], spec.env.PATH ?? '', spec.directory) !== undefined
  // For a missing program, the system's own error is wanted, not that of the program that starts it.
  const [command = '', ...args] = isThere ? [...prefix, ...spec.argv] : spec.argv
  const stdout = await open(spec.stdoutPath, 'a', 0o600)
  const stderr = await open(spec.stderrPath, 'a', 0o600)
  try {
    const child = spawn(command, args, {
      cwd: spec.directory,
      env: { ...spec.env, ...env },
      stdio: ['ignore', stdout.fd, stderr.fd],
      detached: true,
    })
    // From its first moment: a program may end before the files below are closed.
    const ended = new Promise<ExecutionEnd>((resolve) => {
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    return { child, ended }
  } finally {
    await stdout.close()
    await stderr.close()
  }
}

function createExecution(
  record: ProcessRecord,
  kill: () => Promise<string | undefined>,
  ended: Promise<ExecutionEnd>,
): Execution {
  let running = true
  let killTimer: NodeJS.Timeout | undefined
  const settled = ended.then(async (end) => {
    running = false
    clearTimeout(killTimer)
    // Children that the program left behind end with it.
    signalGroup(record.pid, 'SIGKILL')
    const note = await kill()
    return note === undefined ? end : { ...end, note }
  })
  return {
    record,
    software: {},
    ended: settled,
    stop(graceMs) {
      if (!running || killTimer) return
      signalGroup(record.pid, 'SIGTERM')
      killTimer = setTimeout(() => signalGroup(record.pid, 'SIGKILL'), graceMs)
    },
  }
}

function endedExecution(note: string): Execution {
  const record = { executor: NAME, pid: 0, startTime: ENDED } as const
  return { record, software: {}, ended: Promise.resolve({ exitCode: null, signal: null, note }), stop() {} }
}

async function waitForEnd(identity: ProcessIdentity): Promise<ExecutionEnd> {
  while (findProcess(identity).outcome !== 'absent')
    await new Promise((resolve) => setTimeout(resolve, ATTACHED_LOOK_MS))
  return { exitCode: null, signal: null }
}
