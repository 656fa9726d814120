/**
 * The Docker Engine API over its Unix socket, as far as the executor needs it. The agent's image so carries no docker
 * program, and every refusal comes with a status instead of text on stderr.
 * https://docs.docker.com/reference/api/engine/
 */
import { type IncomingMessage, request } from 'node:http'
import { z } from 'zod'
import { AGENT_LIMITS } from '../../../core/limits/agent.ts'
import { OutsideJsonError, parseOutsideJson, tryParseOutsideJson } from '../../../core/outside-json.ts'
import { printableLine } from '../../../core/printable.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import { classifyRefusal, EngineRefusal } from './engine-errors.ts'

/** Understood by engines from 2021 (20.10) on. */
const OLDEST_API = '1.41'

const Version = z.object({ ApiVersion: z.string(), MinAPIVersion: z.string().optional() })
const Refusal = z.object({ message: z.string() })
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

const BOUNDS = { maxCharacters: AGENT_LIMITS.engineAnswerSize.value }

export type Engine = ReturnType<typeof connectEngine>

/** Methods throw `CONTAINER_ENGINE_UNREACHABLE`, `CONTAINER_ENGINE_INCOMPATIBLE`, an `EngineRefusal` or an `OutsideJsonError`. */
export function connectEngine(socketPath: string) {
  let api: Promise<string> | undefined
  const call = async (method: string, path: string, body?: unknown, timeoutMs?: number) => {
    // Asked again after a failure: the engine may be replaced by a newer one while the agent runs.
    api ??= negotiate(socketPath)
    try {
      return await send(socketPath, method, `/v${await api}${path}`, body, timeoutMs)
    } catch (error) {
      if (!(error instanceof EngineRefusal) || classifyRefusal(error.message) === 'CONTAINER_ENGINE_INCOMPATIBLE') {
        api = undefined
      }
      throw error
    }
  }
  const container = (id: string) => `/containers/${encodeURIComponent(id)}`
  return {
    async createContainer(name: string, config: object): Promise<string> {
      const created = await readJson(await call('POST', `/containers/create?name=${name}`, config), CreatedContainer)
      return created.Id
    },
    async startContainer(id: string): Promise<void> {
      await readText(await call('POST', `${container(id)}/start`))
    },
    /** `undefined` when there is none. */
    inspectContainer: (id: string): Promise<ContainerState | undefined> =>
      unlessMissing(async () => readJson(await call('GET', `${container(id)}/json`), ContainerState)),
    /** Answers when the container does not run any more, or is gone. */
    async waitForContainer(id: string): Promise<void> {
      await unlessMissing(async () => readText(await call('POST', `${container(id)}/wait`, undefined, 0)))
    },
    /** No error when it has ended, or is gone. */
    async killContainer(id: string, signal: NodeJS.Signals): Promise<void> {
      await unlessMissing(async () => readText(await call('POST', `${container(id)}/kill?signal=${signal}`)), 409)
    },
    async removeContainer(id: string): Promise<void> {
      await unlessMissing(async () => readText(await call('DELETE', `${container(id)}?force=1&v=1`)))
    },
    /** Both streams from the container's first byte to its end, each chunk under the 8 byte header of the engine. */
    followLogs: (id: string): Promise<IncomingMessage> =>
      call('GET', `${container(id)}/logs?follow=1&stdout=1&stderr=1`, undefined, 0),
    inspectImage: (reference: string): Promise<ImageFacts | undefined> =>
      unlessMissing(async () => readJson(await call('GET', `/images/${reference}/json`), ImageFacts)),
    /** Waits for the pull, also for one of the same layers that is under way. */
    async pullImage(reference: string): Promise<void> {
      const path = `/images/create?fromImage=${encodeURIComponent(reference)}`
      const answer = await readText(await call('POST', path, undefined, 0))
      for (const line of answer.split('\n').filter(Boolean)) {
        const { error } = parseOutsideJson(line, PullLine, BOUNDS)
        if (error) throw new EngineRefusal(404, error)
      }
    },
  }
}

/** The oldest version that both understand: it means the same on every engine. */
async function negotiate(socketPath: string): Promise<string> {
  const { ApiVersion, MinAPIVersion = OLDEST_API } = await readJson(
    await send(socketPath, 'GET', '/version', undefined),
    Version,
  )
  const version = isNewer(MinAPIVersion, OLDEST_API) ? MinAPIVersion : OLDEST_API
  if (!isNewer(version, ApiVersion)) return version
  const reason = `the engine knows API versions up to ${printableLine(ApiVersion)}, and ${version} is needed`
  throw new RadixError('CONTAINER_ENGINE_INCOMPATIBLE', { reason })
}

function isNewer(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [otherMajor = 0, otherMinor = 0] = than.split('.').map(Number)
  return major > otherMajor || (major === otherMajor && minor > otherMinor)
}

/** `timeoutMs` is how long the engine may be silent; 0 for what waits for an end. */
function send(
  socketPath: string,
  method: string,
  path: string,
  body: unknown,
  timeoutMs: number = AGENT_LIMITS.engineAnswer.value,
): Promise<IncomingMessage> {
  const text = body === undefined ? '' : JSON.stringify(body)
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, headers, timeout: timeoutMs, agent: false }, (answer) => {
      if ((answer.statusCode ?? 0) < 400) return resolve(answer)
      readText(answer).then(
        (refusal) => reject(new EngineRefusal(answer.statusCode ?? 0, readRefusal(refusal))),
        reject,
      )
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)))
    outgoing.on('error', (error) => reject(unreachable(socketPath, error)))
    outgoing.end(text)
  })
}

function unreachable(socketPath: string, cause: Error): RadixError {
  return new RadixError('CONTAINER_ENGINE_UNREACHABLE', { socket: socketPath, reason: cause.message }, { cause })
}

function readRefusal(text: string): string {
  return tryParseOutsideJson(text, Refusal, BOUNDS)?.message ?? text
}

async function readJson<S extends z.ZodType>(answer: IncomingMessage, schema: S): Promise<z.output<S>> {
  return parseOutsideJson(await readText(answer), schema, BOUNDS)
}

async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of answer) {
    sizeBytes += chunk.length
    if (sizeBytes > BOUNDS.maxCharacters) throw new OutsideJsonError('too-long', "the engine's answer is too long")
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function unlessMissing<T>(ask: () => Promise<T>, ...alsoMissing: number[]): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof EngineRefusal && [404, ...alsoMissing].includes(error.status)) return undefined
    throw error
  }
}
