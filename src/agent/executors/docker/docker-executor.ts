/**
 * Jobs as containers of one image: not root, no capabilities, no network, a read-only root file system. A container has
 * the name of its job and outlives the agent. The agent that sees its end removes it.
 */

import { chown } from 'node:fs/promises'
import { AGENT_LIMITS } from '../../../core/limits/agent.ts'
import { INTERVALS } from '../../../core/limits/intervals.ts'
import { isRadixError } from '../../../errors/radix-error.ts'
import type { Execution, ExecutionFiles, ExecutionSpec, Executor } from '../executor.ts'
import { buildContainerConfig, type ContainerLimits } from './container-config.ts'
import { describeContainerEnd } from './container-end.ts'
import { copyAllLogs } from './container-logs.ts'
import { type ContainerState, connectEngine, type Engine } from './engine.ts'
import { toRadixError } from './engine-errors.ts'
import { findDigest, obtainImage, requireAllowedImage } from './image.ts'

export interface DockerExecutorOptions {
  socketPath: string
  image: string
  /** `image` must be of one of them. */
  allowedRepositories: readonly string[]
  /** Every GPU of the machine is passed to the container. */
  hasGpu: boolean
  limits: ContainerLimits
  labels: Readonly<Record<string, string>>
}

const NAME = 'docker'
const JOB_LABEL = 'radix.job-id'
/** The user id of a job if the agent is root: no user of the machine. */
const UNPRIVILEGED_ID = 65_532
/** An engine restart takes seconds. After this time its containers are given up. */
const ENGINE_AWAY_MS = AGENT_LIMITS.engineAway.value
const ENGINE_RETRY_MS = INTERVALS.dockerEngine.value

/**
 * `start` throws `WORKLOAD_IMAGE_NOT_ALLOWED`, `WORKLOAD_IMAGE_MISSING`, `CONTAINER_GPU_RUNTIME_MISSING`,
 * `CONTAINER_ENGINE_FULL`, `CONTAINER_START_FAILED`, `CONTAINER_ENGINE_UNREACHABLE` or `CONTAINER_ENGINE_INCOMPATIBLE`.
 */
export function createDockerExecutor(options: DockerExecutorOptions): Executor {
  const engine = connectEngine(options.socketPath)
  return {
    name: NAME,
    async start(spec) {
      requireAllowedImage(options.image, options.allowedRepositories)
      const image = await obtainImage(engine, options.image).catch((error) => {
        throw toRadixError(error, options.image)
      })
      const user = await giveDirectoryToUser(spec.directory)
      const labels = { ...options.labels, [JOB_LABEL]: spec.jobId }
      const config = buildContainerConfig(spec, { ...options, imageId: image.id, user, labels })
      const containerId = await startContainer(engine, spec, config, options.image)
      return followContainer(engine, containerId, spec, { image: image.reference, image_digest: image.digest })
    },
    async attach(record, files) {
      if (record && record.executor !== NAME) return undefined
      const name = record?.containerId ?? containerName(files.jobId)
      const container = await onceEngineIsThere(() => engine.inspectContainer(name)).catch((error) => {
        throw toRadixError(error, options.image)
      })
      if (container?.Config.Labels?.[JOB_LABEL] !== files.jobId) return undefined
      if (container.State.Status === 'created') {
        await engine.removeContainer(container.Id)
        return undefined
      }
      return followContainer(engine, container.Id, files, await readSoftware(engine, container, options.image))
    },
  }
}

/** The job writes as the agent's user. An agent that runs as root changes the owner of the directory. */
async function giveDirectoryToUser(directory: string): Promise<string> {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  if (uid !== 0) return `${uid}:${gid}`
  await chown(directory, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
  return `${UNPRIVILEGED_ID}:${UNPRIVILEGED_ID}`
}

async function startContainer(engine: Engine, spec: ExecutionSpec, config: object, image: string): Promise<string> {
  const name = containerName(spec.jobId)
  // A container of an earlier lease that was never started: this lease replaces it.
  try {
    await engine.removeContainer(name)
    const containerId = await engine.createContainer(name, config)
    await engine.startContainer(containerId)
    return containerId
  } catch (error) {
    await engine.removeContainer(name).catch(() => {})
    throw toRadixError(error, image)
  }
}

async function readSoftware(engine: Engine, container: ContainerState, reference: string) {
  const facts = await engine.inspectImage(container.Image)
  return { image: reference, image_digest: facts ? findDigest(reference, facts) : container.Image }
}

function followContainer(
  engine: Engine,
  containerId: string,
  files: ExecutionFiles,
  software: Record<string, string>,
): Execution {
  let killTimer: NodeJS.Timeout | undefined
  let running = true
  // The container was removed or the engine is away. `ended` reports the end.
  const kill = (signal: NodeJS.Signals) => void engine.killContainer(containerId, signal).catch(() => {})
  const ended = (async () => {
    const logs = new AbortController()
    const exited = waitForEnd(engine, containerId)
    const logsCopied = copyAllLogs(engine, containerId, files, exited, logs.signal)
    const state = await exited
    running = false
    clearTimeout(killTimer)
    const lastLogs = setTimeout(() => logs.abort(), AGENT_LIMITS.lastContainerLogs.value)
    const note = await logsCopied
    clearTimeout(lastLogs)
    await engine.removeContainer(containerId).catch(() => {})
    return { ...describeContainerEnd(state), ...(note ? { note } : {}) }
  })()
  return {
    record: { executor: NAME, containerId },
    software,
    ended,
    stop(graceMs) {
      if (!running || killTimer) return
      kill('SIGTERM')
      killTimer = setTimeout(() => kill('SIGKILL'), graceMs)
    },
  }
}

/** `undefined` if the container was removed, `'unreachable'` if the engine is. */
async function waitForEnd(engine: Engine, containerId: string): Promise<ContainerState | 'unreachable' | undefined> {
  let awaySinceMs: number | undefined
  for (;;) {
    // Only the inspection counts: a wait also ends when its time is up.
    await engine.waitForContainer(containerId).catch(() => {})
    try {
      const state = await engine.inspectContainer(containerId)
      if (state?.State.Status !== 'running') return state
      awaySinceMs = undefined
    } catch {
      awaySinceMs ??= performance.now()
      if (performance.now() - awaySinceMs > ENGINE_AWAY_MS) return 'unreachable'
    }
    await sleep(ENGINE_RETRY_MS)
  }
}

/** After a reboot the agent may be up before the engine. */
async function onceEngineIsThere<T>(ask: () => Promise<T>): Promise<T> {
  const sinceMs = performance.now()
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!isRadixError(error) || performance.now() - sinceMs > ENGINE_AWAY_MS) throw error
      await sleep(ENGINE_RETRY_MS)
    }
  }
}

function containerName(jobId: string): string {
  return `radix-${jobId}`
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs))
}
