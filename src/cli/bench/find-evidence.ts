/** The evidence that a word on the command line means: a file, its folder, or a run of this machine or of the control plane. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { isId } from '../../core/ids.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { Evidence } from '../../evidence/schema.ts'
import { listRuns, lookAtRun } from '../../harness/look-at-runs.ts'
import { connect } from '../shared/connection.ts'
import { type ConnectionOptions, resolveDataDir } from '../shared/options.ts'

/** Throws `EVIDENCE_NOT_FOUND`, `EVIDENCE_INVALID`, and what a control plane may refuse. */
export async function findEvidence(reference: string, options: ConnectionOptions): Promise<Evidence> {
  if (existsSync(reference)) return readEvidence(evidencePath(reference))
  if (!isId('run', reference)) {
    throw new RadixError('EVIDENCE_NOT_FOUND', { reference, reason: 'no such file or folder, and not a run id.' })
  }
  return readOwnRun(reference, options) ?? fetchEvidence(reference, options)
}

/** The newest run of this machine that left evidence. */
export function findNewestEvidence(options: ConnectionOptions): Evidence {
  const dataDir = resolveDataDir(options)
  for (const listing of listRuns(dataDir)) {
    const path = 'view' in listing ? listing.view.outcome.evidence_path : null
    if (path && existsSync(path)) return readEvidence(path)
  }
  throw new RadixError('EVIDENCE_NOT_FOUND', { reference: 'the newest run', reason: `no run in ${dataDir} has any.` })
}

/** `evidence.json` of a folder; any other path as it is. */
export function evidencePath(path: string): string {
  return statSync(path).isDirectory() ? join(path, 'evidence.json') : path
}

/** Throws `EVIDENCE_NOT_FOUND` for a file that cannot be read, `EVIDENCE_INVALID` for what is not JSON. */
export function readDocument(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? `${error.message}.` : String(error)
    throw new RadixError('EVIDENCE_NOT_FOUND', { reference: path, reason }, { cause: error })
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new RadixError('EVIDENCE_INVALID', { path, reason: 'it is not JSON.' }, { cause: error })
  }
}

/** Throws `EVIDENCE_INVALID`. */
export function parseEvidence(document: unknown, path: string): Evidence {
  const parsed = Evidence.safeParse(document)
  if (parsed.success) return parsed.data
  throw new RadixError('EVIDENCE_INVALID', { path, reason: describeIssue(parsed.error) })
}

/** The first thing that is wrong. */
export function describeIssue({ issues }: z.ZodError): string {
  return `${issues[0]?.path.join('.') || 'the document'}: ${issues[0]?.message ?? 'it does not fit'}.`
}

function readEvidence(path: string): Evidence {
  return parseEvidence(readDocument(path), path)
}

/** Undefined where the run is not this machine's, or its evidence was moved away. */
function readOwnRun(runId: string, options: ConnectionOptions): Evidence | undefined {
  try {
    const path = lookAtRun(resolveDataDir(options), runId).outcome.evidence_path
    return path && existsSync(path) ? readEvidence(path) : undefined
  } catch (error) {
    if (isRadixError(error, 'RUN_NOT_FOUND')) return undefined
    throw error
  }
}

async function fetchEvidence(runId: string, options: ConnectionOptions): Promise<Evidence> {
  try {
    const client = await connect(options)
    const document = await client.call('getEvidence', { params: { run_id: runId } })
    return parseEvidence(document, `evidence of ${runId} on ${client.baseUrl}`)
  } catch (error) {
    const isUnknown = isRadixError(error, 'NOT_FOUND') || isRadixError(error, 'NO_CONTROL_PLANE')
    if (!isUnknown) throw error
    const reason = `it is not on this machine. ${error.why}`
    throw new RadixError('EVIDENCE_NOT_FOUND', { reference: runId, reason }, { cause: error })
  }
}
