/** The program itself, and the Node that runs it. */
import { isSea } from 'node:sea'
import { VERSION } from '../../core/version.ts'
import { readCommit } from '../../system/commit.ts'
import { isClone, OLDEST_NODE, PROGRAM_FOLDER } from '../../system/program-files.ts'
import { type Diagnosis, found, missing } from './diagnosis.ts'

export async function checkProgram(): Promise<Diagnosis> {
  const kind = isSea() ? 'executable' : isClone() ? 'clone' : 'package'
  const commit = await readCommit()
  const version = commit === null ? VERSION : `${VERSION}, commit ${commit.slice(0, 12)}`
  return found({ check: 'Radix', isRequired: true }, `${version} (${kind} ${PROGRAM_FOLDER})`)
}

/** A clone needs a newer one (package.json), and its set-up provides it. */
export async function checkNode(): Promise<Diagnosis> {
  const subject = { check: 'Node', isRequired: true }
  const message = `${process.versions.node} (${process.execPath})`
  if (Number.parseInt(process.versions.node, 10) >= OLDEST_NODE) return found(subject, message)
  return missing(
    subject,
    'unusable',
    `${message} is older than ${OLDEST_NODE}`,
    'Install Node 24: https://nodejs.org/en/download',
  )
}
