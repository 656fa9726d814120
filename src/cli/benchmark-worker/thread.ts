/**
 * A server thread that runs several benchmarks at once. Its calculations, parsing and signing delay no request.
 * `benchmark-worker.ts` starts it.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { BenchmarkQueue } from '../../control-plane/server.ts'
import type { Logger } from '../../core/logger.ts'
import { useProxyOf } from '../../system/proxy.ts'
import { type BenchmarkHost, carryOutBenchmark } from './carry-out-benchmark.ts'
import {
  type FromThread,
  type QueueMethod,
  receiveError,
  sendError,
  type ThreadData,
  type ToThread,
} from './messages.ts'

if (!parentPort) throw new TypeError('this is the program of a thread')
const port = parentPort
const { url, claimMs, dataDir, handsOver }: ThreadData = workerData
const stop = new AbortController()
const calls = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
let lastCall = 0

useProxyOf(process.env)
const host: BenchmarkHost = {
  handsOver,
  dataDir,
  logger: createThreadLogger(),
  server: {
    url,
    benchmarks: {
      claimMs,
      renew: (...args) => ask('renew', args),
      release: (...args) => ask('release', args),
      readJournal: (...args) => ask('readJournal', args),
      appendToJournal: (...args) => ask('appendToJournal', args),
      writeFacts: (...args) => ask('writeFacts', args),
      issueToken: (...args) => ask('issueToken', args),
    },
  },
}
port.on('message', receive)

function receive(message: ToThread): void {
  switch (message.type) {
    case 'run':
      void carryOutBenchmark(host, message.request, stop.signal).finally(() =>
        send({ type: 'ended', runId: message.request.runId }),
      )
      return
    case 'stop':
      stop.abort(message.reason)
      return
    case 'answer':
      takeCall(message.id)?.resolve(message.value as never)
      return
    case 'refusal':
      takeCall(message.id)?.reject(receiveError(message.error))
  }
}

function ask<M extends QueueMethod>(method: M, args: Parameters<BenchmarkQueue[M]>): ReturnType<BenchmarkQueue[M]> {
  const id = ++lastCall
  const answer = new Promise<never>((resolve, reject) => calls.set(id, { resolve, reject }))
  send({ type: 'call', id, method, args })
  return answer as ReturnType<BenchmarkQueue[M]>
}

function takeCall(id: number) {
  const call = calls.get(id)
  calls.delete(id)
  return call
}

function send(message: FromThread): void {
  port.postMessage(message)
}

/** Its lines are written by the server's thread, so that they come whole and in order. */
function createThreadLogger(): Logger {
  const logAt = (level: keyof Logger) => (fields: object, message: string) => {
    const { err, ...rest } = { err: undefined, ...fields }
    send({ type: 'log', level, fields: err === undefined ? rest : { ...rest, err: sendError(err) }, message })
  }
  return { debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error') }
}
