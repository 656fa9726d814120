/** The evidence that a word on the command line means: a file, its folder, or a run of this machine or of the control plane. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isId } from '../../core/ids.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { parseEvidence } from '../../evidence/parse-evidence.ts'
import type { Evidence } from '../../evidence/schema.ts'
import { listRuns, lookAtRun } from '../../harness/look-at-runs.ts'
import { connect } from '../shared/connection.ts'
import { DuplicateMemberError, parseJson } from '../shared/json.ts'
import { type ConnectionOptions, resolveDataDir } from '../shared/options.ts'

export interface FoundDocument {
  /** As it was read: nothing is left out of it. */
  document: unknown
  /** Where it was found, for people. */
  place: string
  /** The run that was asked for; a file says itself of which run it is. */
  runId?: string
}

/** Throws `EVIDENCE_NOT_FOUND`, `EVIDENCE_INVALID`, and what a control plane may refuse. */
export async function findEvidence(reference: string, options: ConnectionOptions): Promise<Evidence> {
  const { document, place } = await findDocument(reference, options)
  return parseEvidence(document, place)
}

/** The same, whatever stands in it. */
export async function findDocument(reference: string, options: ConnectionOptions): Promise<FoundDocument> {
  if (existsSync(reference)) return readPlace(evidencePath(reference))
  if (!isId('run', reference)) {
    throw new RadixError('EVIDENCE_NOT_FOUND', { reference, reason: 'no such file or folder, and not a run id.' })
  }
  return readOwnRun(reference, options) ?? fetchDocument(reference, options)
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
    return parseJson(text)
  } catch (error) {
    const reason = error instanceof DuplicateMemberError ? error.message : 'it is not JSON.'
    throw new RadixError('EVIDENCE_INVALID', { path, reason }, { cause: error })
  }
}

function readEvidence(path: string): Evidence {
  return parseEvidence(readDocument(path), path)
}

function readPlace(path: string): FoundDocument {
  return { document: readDocument(path), place: path }
}

/** Undefined where the run is not this machine's, or its evidence was moved away. */
function readOwnRun(runId: string, options: ConnectionOptions): FoundDocument | undefined {
  try {
    const path = lookAtRun(resolveDataDir(options), runId).outcome.evidence_path
    return path && existsSync(path) ? { ...readPlace(path), runId } : undefined
  } catch (error) {
    if (isRadixError(error, 'RUN_NOT_FOUND')) return undefined
    throw error
  }
}

async function fetchDocument(runId: string, options: ConnectionOptions): Promise<FoundDocument> {
  try {
    const client = await connect(options)
    const document = await client.call('getEvidence', { params: { run_id: runId } })
    return { document, place: `evidence of ${runId} on ${client.baseUrl}`, runId }
  } catch (error) {
    const isUnknown = isRadixError(error, 'NOT_FOUND') || isRadixError(error, 'NO_CONTROL_PLANE')
    if (!isUnknown) throw error
    const reason = `it is not on this machine. ${error.why}`
    throw new RadixError('EVIDENCE_NOT_FOUND', { reference: runId, reason }, { cause: error })
  }
}
