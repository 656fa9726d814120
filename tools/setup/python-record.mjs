// @ts-check
/**
 * `.radix/python.json`: the Python that was found, so that the next command need not import PyTorch, which takes
 * seconds. The program reads it too. It counts as long as the interpreter and PyTorch's own folder are as they were.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'

/**
 * @typedef {object} PythonRecord
 * @property {string} python absolute path
 * @property {string} pytorch version
 * @property {boolean} cuda_available
 * @property {'system' | 'venv' | 'debian'} source
 * @property {string | null} requested what RADIX_PYTHON said, where it was set
 * @property {Record<string, number>} modified_ms of the files that it depends on, by path
 */

/**
 * @param {string} root
 * @returns {PythonRecord | undefined} undefined: never found one, or it has changed or gone
 */
export function readRecord(root) {
  try {
    /** @type {PythonRecord} */
    const record = JSON.parse(readFileSync(fileOf(root), 'utf8'))
    const unchanged = Object.entries(record.modified_ms).every(([path, ms]) => statSync(path).mtimeMs === ms)
    return unchanged ? record : undefined
  } catch {
    return undefined
  }
}

/**
 * @param {string} root
 * @param {import('./python.mjs').TorchPython} found
 * @param {string | undefined} requested
 * @returns {PythonRecord}
 */
export function writeRecord(root, { python, pytorch, torchFile, cudaAvailable }, requested) {
  const record = {
    python,
    pytorch,
    cuda_available: cudaAvailable,
    source: sourceOf(root, python, torchFile),
    requested: requested ?? null,
    modified_ms: { [python]: statSync(python).mtimeMs, [torchFile]: statSync(torchFile).mtimeMs },
  }
  mkdirSync(dirname(fileOf(root)), { recursive: true })
  writeFileSync(`${fileOf(root)}.partial`, `${JSON.stringify(record, null, 2)}\n`)
  renameSync(`${fileOf(root)}.partial`, fileOf(root))
  return record
}

/**
 * @param {string} root
 * @param {string} python
 * @param {string} torchFile
 * @returns {PythonRecord['source']}
 */
function sourceOf(root, python, torchFile) {
  if (python.startsWith(join(root, '.radix', 'venv') + sep)) return 'venv'
  return torchFile.startsWith('/usr/lib/python3/dist-packages/') ? 'debian' : 'system'
}

/** @param {string} root */
function fileOf(root) {
  return join(root, '.radix', 'python.json')
}
