/**
 * Writes evidence to the disk: `evidence.json`, the report, and the raw results and logs. All are redacted, and the
 * first is signed. The caller chooses the folder's name. A folder with another run's evidence is kept, and a similar
 * name is used.
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Evidence, EvidenceDocument } from '../contract/schemas/evidence.ts'
import { CLI_LIMITS } from '../core/limits/cli.ts'
import { tryParseOutsideJson } from '../core/outside-json.ts'
import { isSecretName, redact } from '../core/redact.ts'
import { toStorableText } from '../core/storable.ts'
import { writeFileAtomically } from '../system/atomic-file.ts'
import { fileError } from '../system/file-errors.ts'
import { makeDirectory } from '../system/make-directory.ts'
import { readTextFile } from '../system/text-file.ts'
import { buildEvidence, rawFileNames } from './build.ts'
import type { EvidenceFacts, TrialFacts } from './facts.ts'
import { renderEvidenceMarkdown } from './render-markdown.ts'
import { type Signer, signEvidence } from './signature/sign.ts'

export interface WrittenEvidence {
  /** Of `evidence.json`. */
  path: string
  /** Of `evidence.md`. */
  reportPath: string
  directory: string
  evidence: Evidence
}

const RAW_FILE = /^trial-\d+\.(result\.json|log)$/
const Owner = EvidenceDocument.extend({ run_id: z.string() })

/**
 * Writes each file whole or not at all, `evidence.json` last: if it exists, the rest does too. The same run may be
 * written again and replaces its earlier files. Throws `DISK_FULL` or `FILE_NOT_WRITABLE`.
 */
export async function writeEvidence(facts: EvidenceFacts, directory: string, signer: Signer): Promise<WrittenEvidence> {
  const evidence = signEvidence(Evidence.parse(cleanDeep(buildEvidence(facts))), signer)
  const folder = await claimFolder(directory, facts.runId)
  const path = join(folder, 'evidence.json')
  const reportPath = join(folder, 'evidence.md')
  const raw = new Map(facts.trials.flatMap((trial) => rawFiles(trial)))
  for (const [name, content] of raw) await writeFileAtomically(join(folder, name), content)
  await removeStaleFiles(folder, raw)
  await writeFileAtomically(reportPath, renderEvidenceMarkdown(evidence))
  await writeFileAtomically(path, renderJson(evidence))
  return { path, reportPath, directory: folder, evidence }
}

/** The first of `directory`, `directory-2`, … that is free or is this run's own. */
async function claimFolder(directory: string, runId: string): Promise<string> {
  for (let number = 1; number <= CLI_LIMITS.evidenceFolders.value; number++) {
    const folder = number === 1 ? directory : `${directory}-${number}`
    try {
      await makeDirectory(folder)
    } catch (error) {
      throw fileError(folder, error)
    }
    if (await mayWriteInto(folder, runId)) return folder
  }
  throw fileError(
    directory,
    Object.assign(new Error(`${CLI_LIMITS.evidenceFolders.value} folders of other runs`), { code: 'EEXIST' }),
  )
}

/** Also a folder in which this run was interrupted before it wrote `evidence.json`: it contains nothing of others. */
async function mayWriteInto(folder: string, runId: string): Promise<boolean> {
  let text: string
  try {
    text = readTextFile(join(folder, 'evidence.json'), CLI_LIMITS.evidenceFile.value)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return true
    throw fileError(join(folder, 'evidence.json'), error)
  }
  return readOwner(text) === runId
}

/** Undefined for a file that is not evidence. Such a file still belongs to the user. */
function readOwner(text: string): string | undefined {
  return tryParseOutsideJson(text, Owner, { maxCharacters: CLI_LIMITS.evidenceFile.value })?.run_id
}

function rawFiles(trial: TrialFacts): [string, string][] {
  const names = rawFileNames(trial)
  const files: [string, string][] = []
  if (names.result) files.push([names.result, renderJson(cleanDeep(trial.result))])
  if (names.log) files.push([names.log, `${redact(trial.logTail.join('\n'))}\n`])
  return files
}

/** From an earlier writing of the same run with more files. */
async function removeStaleFiles(folder: string, wanted: ReadonlyMap<string, string>): Promise<void> {
  for (const name of await readdir(folder)) {
    if (RAW_FILE.test(name) && !wanted.has(name)) await rm(join(folder, name), { force: true })
  }
}

function renderJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/**
 * Redacted string by string, so the rest is still JSON. A member with the name of a secret loses its value. Characters
 * that a database cannot store are removed too: a copy without them would differ from what was signed.
 */
function cleanDeep(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return cleanText(value, name)
  if (Array.isArray(value)) return value.map((item) => cleanDeep(item, name))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanText(key), cleanDeep(item, key)]))
}

function cleanText(text: string, name = ''): string {
  const storable = toStorableText(text)
  return isSecretName(name) ? redact(`${name}=${storable}`).slice(name.length + 1) : redact(storable)
}
