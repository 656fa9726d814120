/**
 * Resolves a command-line argument to evidence: a file, its folder, or a run of this machine or of the control plane.
 */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Evidence } from '../../contract/schemas/evidence.ts'
import { endSentence } from '../../core/format.ts'
import { isId } from '../../core/ids.ts'
import { CLI_LIMITS } from '../../core/limits/cli.ts'
import { OutsideJsonError } from '../../core/outside-json.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { type EvidenceSource, type OpenedEvidence, openEvidence } from '../../evidence/open-evidence.ts'
import type { RunOutcome } from '../../harness/events.ts'
import { listRuns, lookAtRun } from '../../harness/look-at-runs.ts'
import { readTextFile } from '../../system/text-file.ts'
import { connect } from '../shared/connection.ts'
import { DuplicateMemberError, parseJson } from '../shared/json.ts'
import { type ConnectionOptions, resolveDataDir } from '../shared/options.ts'

export interface EvidenceOptions extends ConnectionOptions {
  /** Evidence with a missing or invalid signature is used, and marked. */
  allowUnverified?: boolean
}

/**
 * Returns verified evidence. Throws `EVIDENCE_NOT_FOUND`, the errors of `openEvidence`, and refusals of the control
 * plane.
 */
export async function findEvidence(reference: string, options: EvidenceOptions): Promise<OpenedEvidence> {
  return openEvidence(await findDocument(reference, options), options)
}

/** Returns the document unchanged, verified or not. */
export async function findDocument(reference: string, options: ConnectionOptions): Promise<EvidenceSource> {
  if (existsSync(reference)) return readPlace(evidencePath(reference))
  if (!isId('run', reference)) {
    throw new RadixError('EVIDENCE_NOT_FOUND', { reference, reason: 'no such file or folder, and not a run id.' })
  }
  return readOwnRun(reference, options) ?? fetchDocument(reference, options)
}

/** The newest run of this machine that has evidence. */
export function findNewestEvidence(options: EvidenceOptions): OpenedEvidence {
  const dataDir = resolveDataDir(options)
  for (const listing of listRuns(dataDir)) {
    // This run may have the newest evidence.
    if ('unseen' in listing) throw listing.unseen
    const path = 'view' in listing ? listing.view.outcome.evidence_path : null
    if (path && existsSync(path)) return openEvidence({ ...readPlace(path), runId: listing.runId }, options)
  }
  throw new RadixError('EVIDENCE_NOT_FOUND', {
    reference: 'the newest run',
    reason: `no run in ${dataDir} has evidence.`,
  })
}

export interface RunEvidence {
  /** Verified evidence. Null if there is none, or none that may be used. */
  evidence: Evidence | null
  /** Why evidence that should exist is not used. */
  problem: RadixError | null
}

/**
 * The evidence of a run of this machine, for commands that show the run. They can do without it, as the outcome is
 * enough.
 */
export function readRunEvidence({ run_id: runId, evidence_path: path }: RunOutcome): RunEvidence {
  if (path === null) return { evidence: null, problem: null }
  try {
    return { evidence: openEvidence({ ...readPlace(path), runId }).evidence, problem: null }
  } catch (error) {
    if (!(error instanceof RadixError)) throw error
    return { evidence: null, problem: error }
  }
}

/** `evidence.json` of a folder; any other path as it is. */
export function evidencePath(path: string): string {
  return statSync(path).isDirectory() ? join(path, 'evidence.json') : path
}

/**
 * Throws `EVIDENCE_NOT_FOUND` for a file that cannot be read, `EVIDENCE_INVALID` for content that is not JSON within
 * bounds.
 */
export function readDocument(path: string): unknown {
  const maxCharacters = CLI_LIMITS.evidenceFile.value
  let text: string
  try {
    text = readTextFile(path, maxCharacters)
  } catch (error) {
    const reason = endSentence(error instanceof Error ? error.message : String(error))
    throw new RadixError('EVIDENCE_NOT_FOUND', { reference: path, reason }, { cause: error })
  }
  try {
    return parseJson(text, { maxCharacters })
  } catch (error) {
    const isExpected = error instanceof DuplicateMemberError || error instanceof OutsideJsonError
    if (!isExpected) throw error
    const reason = endSentence(error.message)
    throw new RadixError('EVIDENCE_INVALID', { path, reason }, { cause: error })
  }
}

function readPlace(path: string): EvidenceSource {
  return { document: readDocument(path), place: path }
}

/** Undefined if the run is not from this machine, or its evidence was moved away. */
function readOwnRun(runId: string, options: ConnectionOptions): EvidenceSource | undefined {
  try {
    const path = lookAtRun(resolveDataDir(options), runId).outcome.evidence_path
    return path && existsSync(path) ? { ...readPlace(path), runId } : undefined
  } catch (error) {
    if (isRadixError(error, 'RUN_NOT_FOUND')) return undefined
    throw error
  }
}

async function fetchDocument(runId: string, options: ConnectionOptions): Promise<EvidenceSource> {
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
