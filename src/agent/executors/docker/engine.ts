/**
 * The Docker Engine API over its Unix socket, as far as the executor needs it. The agent's image so carries no docker
 * program, and every refusal comes with a status instead of text on stderr.
 * https://docs.docker.com/reference/api/engine/
 */
import { type IncomingMessage, request } from 'node:http'
import { z } from 'zod'
import { RadixError } from '../../../errors/radix-error.ts'

/** The engine refused: its status and its words. */
export class EngineRefusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Understood by engines from 2021 (20.10) on. */
const API = '/v1.41'
const ANSWER_LIMIT_BYTES = 16 * 1024 * 1024

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

export type Engine = ReturnType<typeof connectEngine>

/** Methods throw `CONTAINER_ENGINE_UNREACHABLE` or an `EngineRefusal`. */
export function connectEngine(socketPath: string) {
  const call = (method: string, path: string, body?: unknown) => send(socketPath, method, path, body)
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
      await unlessMissing(async () => readText(await call('POST', `${container(id)}/wait`)))
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
      call('GET', `${container(id)}/logs?follow=1&stdout=1&stderr=1`),
    inspectImage: (reference: string): Promise<ImageFacts | undefined> =>
      unlessMissing(async () => readJson(await call('GET', `/images/${reference}/json`), ImageFacts)),
    /** Waits for the pull, also for one of the same layers that is under way. */
    async pullImage(reference: string): Promise<void> {
      const answer = await readText(await call('POST', `/images/create?fromImage=${encodeURIComponent(reference)}`))
      for (const line of answer.split('\n').filter(Boolean)) {
        const { error } = PullLine.parse(JSON.parse(line))
        if (error) throw new EngineRefusal(404, error)
      }
    },
  }
}

function send(socketPath: string, method: string, path: string, body: unknown): Promise<IncomingMessage> {
  const text = body === undefined ? '' : JSON.stringify(body)
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path: API + path, headers, agent: false }, (answer) => {
      if ((answer.statusCode ?? 0) < 400) return resolve(answer)
      readText(answer).then(
        (refusal) => reject(new EngineRefusal(answer.statusCode ?? 0, readRefusal(refusal))),
        reject,
      )
    })
    outgoing.on('error', (error) => reject(unreachable(socketPath, error)))
    outgoing.end(text)
  })
}

function unreachable(socketPath: string, cause: Error): RadixError {
  return new RadixError('CONTAINER_ENGINE_UNREACHABLE', { socket: socketPath, reason: cause.message }, { cause })
}

function readRefusal(text: string): string {
  try {
    return Refusal.parse(JSON.parse(text)).message
  } catch {
    return text
  }
}

async function readJson<T>(answer: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(JSON.parse(await readText(answer)))
}

async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of answer) {
    sizeBytes += chunk.length
    if (sizeBytes > ANSWER_LIMIT_BYTES) throw new Error("the engine's answer is too long")
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
