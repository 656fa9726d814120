// @ts-check
/** The Node that Radix runs on: the need for Node chooses it, the other needs and the launcher `radix` read the choice. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SetupError } from './errors.mjs'

export const NODE_MAJOR = 24

/** @param {string} version */
export function isNewEnough(version) {
  return Number.parseInt(version.replace(/^v/, ''), 10) >= NODE_MAJOR
}

/** @param {string} root @param {import('./system.mjs').System} system */
export function chosenNode(root, system) {
  try {
    return readFileSync(recordOf(root), 'utf8').trim()
  } catch {
    return system.nodePath
  }
}

/** @param {string} root @param {string} path */
export function recordNode(root, path) {
  const record = recordOf(root)
  if (existsSync(record) && readFileSync(record, 'utf8') === `${path}\n`) return
  try {
    mkdirSync(dirname(record), { recursive: true })
    writeFileSync(record, `${path}\n`)
  } catch (error) {
    throw new SetupError('SETUP_FOLDER_NOT_WRITABLE', { folder: dirname(record), clone: root, reason: String(error) })
  }
}

/** @param {string} root */
function recordOf(root) {
  return join(root, '.radix', 'node-path')
}
