// @ts-check
/** Which Pythons are here, and does one have a PyTorch that works? */
import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SETUP_LIMITS_MS } from './limits.mjs'
import { lastLine } from './reasons.mjs'
import { findOnPath, isExecutable } from './system.mjs'

/** Both have to be readable to any Python, also to Python 2: that is how its version becomes known. */
const LOOK = `
import json, sys
try:
    from importlib.util import find_spec
    has_torch = find_spec("torch") is not None
except ImportError:
    has_torch = False
print(json.dumps({"python": sys.executable, "version": list(sys.version_info[:3]), "has_torch": has_torch}))
`
const IMPORT = `
import json, torch
print(json.dumps({"pytorch": torch.__version__, "file": torch.__file__, "cuda": torch.cuda.is_available()}))
`

/**
 * @typedef {object} TorchPython
 * @property {string} python the interpreter itself, not a shim of a version manager
 * @property {string} pytorch its version
 * @property {string} torchFile where it is
 * @property {boolean} cudaAvailable
 */
/**
 * @typedef {{ python: string, found: TorchPython, reason?: undefined } | { python: string, found?: undefined, reason: string, canHost?: boolean }} Probe
 *   why it cannot be used, and whether a virtual environment can be made from it
 */

/**
 * Looks first, which takes milliseconds, and imports only what is there, which takes seconds.
 * @param {string} python
 * @param {string} cwd version managers choose the version by the folder
 * @param {import('./system.mjs').System} system
 * @returns {Promise<Probe>}
 */
export async function probePython(python, cwd, system) {
  if (await isStubOfMacos(python, system)) return { python, reason: 'is only the installer of the command line tools' }
  const look = await system.run([python, '-c', LOOK], { cwd, timeoutMs: SETUP_LIMITS_MS.look })
  const seen = parse(look)
  if (!seen) return { python, reason: `does not run: ${lastLine(look.output)}` }
  const [major, minor] = seen.version
  if (major !== 3 || minor < 9) return { python, reason: `is Python ${major}.${minor}, 3.9 is needed` }
  if (!seen.has_torch) return { python, reason: 'has no PyTorch', canHost: true }
  const imported = await system.run([seen.python, '-c', IMPORT], { cwd, timeoutMs: SETUP_LIMITS_MS.load })
  const torch = parse(imported)
  if (!torch) return { python, reason: `cannot import its PyTorch: ${lastLine(imported.output)}`, canHost: true }
  if (isTooOld(torch.pytorch)) return { python, reason: `has PyTorch ${torch.pytorch}, 1.13 is needed`, canHost: true }
  const { pytorch, file: torchFile, cuda: cudaAvailable } = torch
  return { python, found: { python: seen.python, pytorch, torchFile, cudaAvailable } }
}

/**
 * Every distinct Python, the likeliest first.
 * @param {string} root
 * @param {import('./system.mjs').System} system
 * @returns {string[]}
 */
export function listPythons(root, system) {
  const own = join(root, '.radix', 'venv', 'bin', 'python')
  const all = [own, ...findOnPath('python3', system), ...findOnPath('python', system), '/usr/bin/python3']
  /** @type {Map<string, string>} */
  const distinct = new Map()
  for (const path of all.filter(isExecutable)) {
    // By folder too: the python of a virtual environment is a link to the one it was made from, and yet another.
    const identity = `${realpathSync(dirname(path))} ${realpathSync(path)}`
    if (!distinct.has(identity)) distinct.set(identity, path)
  }
  return [...distinct.values()]
}

/** Without the command line tools, macOS answers `/usr/bin/python3` with a dialogue that offers to install them. */
async function isStubOfMacos(/** @type {string} */ python, /** @type {import('./system.mjs').System} */ system) {
  if (system.platform !== 'darwin' || python !== '/usr/bin/python3') return false
  return !(await system.run(['xcode-select', '-p'], { timeoutMs: SETUP_LIMITS_MS.look })).ok
}

/** @param {string} version */
function isTooOld(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < 1 || (major === 1 && minor < 13)
}

/** A site may print lines of its own at start-up: ours is the last. @param {import('./system.mjs').Outcome} outcome */
function parse(outcome) {
  try {
    return outcome.ok ? JSON.parse(lastLine(outcome.stdout)) : undefined
  } catch {
    return undefined
  }
}
