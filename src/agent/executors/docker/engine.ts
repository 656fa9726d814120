/**
 * The part of the Docker Engine API that the executor needs, over its Unix socket. The agent's image therefore needs no
 * docker program, and every refusal has a status instead of text on stderr.
 * https://docs.docker.com/reference/api/engine/
 */
import { z } from 'zod'
import { AGENT_LIMITS } from '../../../core/limits/agent.ts'
import { parseOutsideJson } from '../../../core/outside-json.ts'
import { printableLine } from '../../../core/printable.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import { classifyRefusal, EngineRefusal } from './engine-errors.ts'
import { ANSWER_BOUNDS, type EngineAnswer, type EngineRequest, EngineTooSlow, send } from './engine-socket.ts'

/** Understood by engines from 2021 (20.10) on. */
const OLDEST_API = '1.41'

const Version = z.object({
  Version: z.string().optional(),
  ApiVersion: z.string(),
  MinAPIVersion: z.string().optional(),
})
const CreatedContainer = z.object({ Id: z.string() })
const ContainerState = z.object({
  Id: z.string(),
  Image: z.string(),
  Config: z.object({ Image: z.string(), Labels: z.record(z.string(), z.string()).nullish() }),
  State: z.object({ Status: z.string(), ExitCode: z.number().int(), OOMKilled: z.boolean() }),
})
export type ContainerState = z.infer<typeof ContainerState>
const ImageFacts = z.object({ Id: z.string(), RepoDigests: z.array(z.string()).nullish() })
export type ImageFacts = z.infer<typeof ImageFacts>
const PullLine = z.object({ error: z.string().optional() })

export type Engine = ReturnType<typeof connectEngine>

/** Methods throw `CONTAINER_ENGINE_UNREACHABLE`, `CONTAINER_ENGINE_INCOMPATIBLE`, an `EngineRefusal` or an `OutsideJsonError`. */
export function connectEngine(socketPath: string) {
  let api: Promise<string> | undefined
  const call = async (request: EngineRequest) => {
    // Negotiated again after a failure: a newer engine may replace this one while the agent runs.
    api ??= negotiate(socketPath)
    try {
      return await send(socketPath, { ...request, path: `/v${await api}${request.path}` })
    } catch (error) {
      if (!(error instanceof EngineRefusal) || classifyRefusal(error.message) === 'CONTAINER_ENGINE_INCOMPATIBLE') {
        api = undefined
      }
      throw error
    }
  }
  const container = (id: string) => `/containers/${encodeURIComponent(id)}`
  return {
    /** The version of the engine, and the version of its API that is used. */
    async describe(): Promise<{ version: string; apiVersion: string }> {
      const apiVersion = await negotiate(socketPath)
      const { Version: version = 'of unknown version' } = await readVersion(socketPath)
      return { version, apiVersion }
    },
    async createContainer(name: string, config: object): Promise<string> {
      const path = `/containers/create?name=${name}`
      return (await readJson(await call({ method: 'POST', path, body: config }), CreatedContainer)).Id
    },
    async startContainer(id: string): Promise<void> {
      await (await call({ method: 'POST', path: `${container(id)}/start` })).readText()
    },
    /** `undefined` if there is none. */
    inspectContainer: (id: string): Promise<ContainerState | undefined> =>
      unlessMissing(async () => readJson(await call({ method: 'GET', path: `${container(id)}/json` }), ContainerState)),
    /** Resolves when the container has stopped or was removed. Throws after a while; the caller then asks again. */
    async waitForContainer(id: string): Promise<void> {
      const { value } = AGENT_LIMITS.containerWait
      const request = { method: 'POST', path: `${container(id)}/wait`, silenceMs: value, totalMs: value } as const
      await unlessMissing(async () => (await call(request)).readText())
    },
    /** No error if it has ended or was removed. */
    async killContainer(id: string, signal: NodeJS.Signals): Promise<void> {
      const path = `${container(id)}/kill?signal=${signal}`
      await unlessMissing(async () => (await call({ method: 'POST', path })).readText(), 409)
    },
    async removeContainer(id: string): Promise<void> {
      const path = `${container(id)}?force=1&v=1`
      await unlessMissing(async () => (await call({ method: 'DELETE', path })).readText())
    },
    /** Both streams from the container's first byte to its end, each chunk under the 8 byte header of the engine. */
    followLogs: (id: string, signal: AbortSignal): Promise<EngineAnswer> =>
      call({
        method: 'GET',
        path: `${container(id)}/logs?follow=1&stdout=1&stderr=1`,
        silenceMs: AGENT_LIMITS.containerLogSilence.value,
        totalMs: null,
        signal,
      }),
    inspectImage: (reference: string): Promise<ImageFacts | undefined> =>
      unlessMissing(async () => readJson(await call({ method: 'GET', path: `/images/${reference}/json` }), ImageFacts)),
    /** Waits for the pull, including an earlier pull of the same layers. */
    async pullImage(reference: string): Promise<void> {
      try {
        const answer = await call({
          method: 'POST',
          path: `/images/create?fromImage=${encodeURIComponent(reference)}`,
          silenceMs: AGENT_LIMITS.imagePullSilence.value,
          totalMs: AGENT_LIMITS.imagePull.value,
        })
        for await (const line of answer.readLines()) {
          const { error } = line.trim() ? parseOutsideJson(line, PullLine, ANSWER_BOUNDS) : {}
          if (error) throw new EngineRefusal(404, error)
        }
      } catch (error) {
        // The engine is running and waits for the registry.
        const { cause } = error instanceof Error ? error : {}
        if (cause instanceof EngineTooSlow) throw new EngineRefusal(504, `the pull was abandoned: ${cause.message}`)
        throw error
      }
    },
  }
}

/** The oldest version that both support, so it means the same on every engine. */
async function negotiate(socketPath: string): Promise<string> {
  const { ApiVersion, MinAPIVersion = OLDEST_API } = await readVersion(socketPath)
  const version = isNewer(MinAPIVersion, OLDEST_API) ? MinAPIVersion : OLDEST_API
  if (!isNewer(version, ApiVersion)) return version
  const reason = `the engine supports API versions up to ${printableLine(ApiVersion)}, but ${version} is needed`
  throw new RadixError('CONTAINER_ENGINE_INCOMPATIBLE', { reason })
}

async function readVersion(socketPath: string): Promise<z.infer<typeof Version>> {
  return readJson(await send(socketPath, { method: 'GET', path: '/version' }), Version)
}

function isNewer(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [otherMajor = 0, otherMinor = 0] = than.split('.').map(Number)
  return major > otherMajor || (major === otherMajor && minor > otherMinor)
}

async function readJson<S extends z.ZodType>(answer: EngineAnswer, schema: S): Promise<z.output<S>> {
  return parseOutsideJson(await answer.readText(), schema, ANSWER_BOUNDS)
}

async function unlessMissing<T>(ask: () => Promise<T>, ...alsoMissing: number[]): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof EngineRefusal && [404, ...alsoMissing].includes(error.status)) return undefined
    throw error
  }
}
