/**
 * One job's files on disk, and the list of jobs in a state directory. A restarted agent gets everything from them: the
 * execution, the lease, the reported position of the output, and the end of the job.
 */
import { type FileHandle, mkdir, open, readdir, readFile, rename, truncate } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { CompleteBody } from '../contract/schemas/job.ts'
import { AGENT_LIMITS } from '../core/limits/agent.ts'
import { parseOutsideJson } from '../core/outside-json.ts'
import { writeFileAtomically } from '../system/atomic-file.ts'
import { makeDirectory } from '../system/make-directory.ts'
import { emptyFolder, removeTree } from '../system/remove-tree.ts'
import { ExecutionRecord } from './executors/executor.ts'
import { UNTRUSTED_FILE } from './file-tail.ts'
import type { Completion, ResultRefusal } from './job-kinds/job-kind.ts'

/** Holds the lease token: written with mode 0600. */
export const JobRecord = z.object({
  jobId: z.string(),
  clusterId: z.string(),
  jobKind: z.string(),
  leaseToken: z.string(),
  timeoutAt: z.iso.datetime(),
  /** Null while the process is being started. */
  execution: ExecutionRecord.nullable(),
  /** Bytes of each file that have been acknowledged as events. */
  reported: z.object({ progress: z.number(), stdout: z.number(), stderr: z.number() }),
  lastSequence: z.number().int(),
})
export type JobRecord = z.infer<typeof JobRecord>

export interface JobDirectory {
  path: string
  /** The part that the workload may write to. Only the agent can access the rest, with the lease token. */
  workPath: string
  resultPath: string
  progressPath: string
  stdoutPath: string
  stderrPath: string
  readRecord(): Promise<JobRecord | undefined>
  writeRecord(record: JobRecord): Promise<void>
  readResult(): Promise<string | ResultRefusal | undefined>
  /** The spool: on disk before it is sent, removed when it is acknowledged. */
  readCompletion(): Promise<z.input<typeof CompleteBody> | undefined>
  writeCompletion(completion: Completion): Promise<void>
  /** Frees the disk space of an ended job, except its result. Never throws. */
  makeRoom(): Promise<void>
  remove(): Promise<void>
  /** Kept for a person to inspect: the control plane permanently refused it. */
  moveToRejected(): Promise<void>
}

const NOT_A_FILE: ResultRefusal = { refused: 'The result is not a regular file.' }
const LOG_NAMES = ['stdout.log', 'stderr.log'] as const

export async function openJobDirectory(stateDir: string, jobId: string): Promise<JobDirectory> {
  // A job id comes from outside: it must not lead elsewhere.
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(jobId)) throw new Error(`not a job id: ${JSON.stringify(jobId)}`)
  const path = join(jobsDirectory(stateDir), jobId)
  const workPath = join(path, 'work')
  await makeDirectory(workPath, 0o700)
  const recordPath = join(path, 'record.json')
  const completionPath = join(path, 'completion.json')
  const resultPath = join(workPath, 'result.json')
  return {
    path,
    workPath,
    resultPath,
    progressPath: join(workPath, 'progress.jsonl'),
    stdoutPath: join(path, LOG_NAMES[0]),
    stderrPath: join(path, LOG_NAMES[1]),
    readRecord: () => readJson(recordPath, JobRecord),
    writeRecord: (record) => writeFileAtomically(recordPath, JSON.stringify(record), 0o600),
    readResult: () => readResult(resultPath),
    readCompletion: () => readJson(completionPath, CompleteBody),
    writeCompletion: (completion) => writeFileAtomically(completionPath, JSON.stringify(completion), 0o600),
    async makeRoom() {
      const hasResult = typeof (await readResult(resultPath)) === 'string'
      await emptyFolder(workPath, hasResult ? basename(resultPath) : undefined).catch(() => {})
      for (const name of LOG_NAMES) await truncate(join(path, name)).catch(() => {})
    },
    remove: () => removeTree(path),
    async moveToRejected() {
      const rejected = join(stateDir, 'rejected')
      await mkdir(rejected, { recursive: true, mode: 0o700 })
      await removeTree(join(rejected, jobId))
      await rename(path, join(rejected, jobId))
    },
  }
}

export async function listJobIds(stateDir: string): Promise<string[]> {
  return readdir(jobsDirectory(stateDir)).catch(() => [])
}

function jobsDirectory(stateDir: string): string {
  return join(stateDir, 'jobs')
}

/** `undefined` if there is none. The file may be of any kind, and may keep growing. */
async function readResult(path: string): Promise<string | ResultRefusal | undefined> {
  let file: FileHandle | undefined
  try {
    file = await open(path, UNTRUSTED_FILE)
    const stats = await file.stat()
    if (!stats.isFile()) return NOT_A_FILE
    const limit = AGENT_LIMITS.resultBytes.value
    const chunks: Buffer[] = []
    for await (const chunk of file.createReadStream({ end: limit, autoClose: false })) chunks.push(chunk)
    const content = Buffer.concat(chunks)
    if (content.length <= limit) return content.toString('utf8')
    return { refused: `The result has ${Math.max(stats.size, content.length)} bytes; ${limit} are allowed.` }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return undefined
    return code === 'ELOOP' ? NOT_A_FILE : { refused: `The result cannot be read: ${error}.` }
  } finally {
    await file?.close()
  }
}

async function readJson<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T> | undefined> {
  try {
    const bounds = { maxCharacters: AGENT_LIMITS.recordCharacters.value }
    return parseOutsideJson(await readFile(path, 'utf8'), schema, bounds)
  } catch {
    return undefined
  }
}
