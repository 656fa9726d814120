// @ts-check
/**
 * A Python with PyTorch: one that is here, else one that is installed. `.radix/python.json` records it, because importing
 * PyTorch takes seconds. The program reads the record too.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, firstThatWorks, orExplain, SetupError } from './errors.mjs'
import { debianCommand, hasAptGet, installDebianPackages, isExecutable, LIMITS_MS } from './host.mjs'
import { listPythons, waysToMakeVenv } from './python.mjs'

const RECORD = '.radix/python.json'
const VENV = '.radix/venv'
const OLDEST_PYTHON = '3.9'
const DEBIAN_PACKAGES = ['python3', 'python3-torch', 'libopenblas0-pthread']
/** PyPI's wheels for Linux on x64 bring several GB of CUDA. */
const CPU_INDEX = 'https://download.pytorch.org/whl/cpu'

const PROBE = `
import json, sys
if sys.version_info < (3, 9):
    sys.exit("is Python %d.%d, 3.9 is needed" % tuple(sys.version_info[:2]))
try:
    import torch
except Exception as error:
    sys.exit("cannot import PyTorch: %s" % error)
if [int(part) for part in torch.__version__.split(".")[:2]] < [1, 13]:
    sys.exit("has PyTorch %s, 1.13 is needed" % torch.__version__)
print(json.dumps({"python": sys.executable, "torch": torch.__file__, "cuda": torch.cuda.is_available()}))
`

/**
 * @typedef {import('./host.mjs').Host} Host
 * @typedef {{ python: string, torch: string, cuda: boolean }} Found the interpreter, the file of PyTorch, does it use a GPU
 */

/** @type {import('./setup.mjs').Step} */
export const pytorch = {
  check({ root, env }) {
    try {
      const record = JSON.parse(readFileSync(join(root, RECORD), 'utf8'))
      if (env.RADIX_PYTHON && env.RADIX_PYTHON !== record.requested) return undefined
      const isUnchanged = Object.entries(record.modified_ms).every(([path, ms]) => statSync(path).mtimeMs === ms)
      return isUnchanged ? { RADIX_PYTHON: record.python } : undefined
    } catch {
      return undefined
    }
  },

  async provide(host) {
    const requested = host.env.RADIX_PYTHON
    const { python, torch } = requested ? await useRequested(requested, host) : await findOrInstall(host)
    const modified_ms = { [python]: statSync(python).mtimeMs, [torch]: statSync(torch).mtimeMs }
    writeFileSync(join(host.root, RECORD), `${JSON.stringify({ python, requested, modified_ms }, null, 2)}\n`)
  },
}

/** A Python that the user names is used or refused, never replaced. @param {string} python @param {Host} host */
async function useRequested(python, host) {
  const index = torchIndex(await hasGpu(host), host)
  return orExplain(probe(python, host), 'SETUP_PYTHON_UNUSABLE', (reason) => ({
    title: 'RADIX_PYTHON has no usable PyTorch',
    why: `RADIX_PYTHON is ${python}: ${reason}`,
    fix: [
      'unset RADIX_PYTHON   # and let the set-up find or install one',
      `${python} -m pip install ${index ? `--index-url ${index} ` : ''}torch numpy`,
    ],
  }))
}

/** On a machine with a GPU, a PyTorch that cannot use it is the last resort. @param {Host} host @returns {Promise<Found>} */
async function findOrInstall(host) {
  const needsCuda = await hasGpu(host)
  /** @type {Found | undefined} */
  let lastResort
  /** @type {string[]} */
  const reasons = []
  host.say('Looking for a Python with PyTorch…')
  const own = join(host.root, VENV, 'bin', 'python')
  for (const python of [...[own].filter(isExecutable), ...listPythons(host)]) {
    try {
      const found = await probe(python, host)
      if (found.cuda || !needsCuda) return found
      lastResort ??= found
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      reasons.push(`${python}: ${error.message}`)
    }
  }
  try {
    return await firstThatWorks(waysToInstall(needsCuda, host), host.say)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (!lastResort) throw unavailable(reasons, error.message, torchIndex(needsCuda, host), host)
    host.say(`Going on with ${lastResort.python}, whose PyTorch cannot use the GPU. RADIX_PYTHON names another Python.`)
    return lastResort
  }
}

/** @param {boolean} needsCuda @param {Host} host */
function waysToInstall(needsCuda, host) {
  const index = torchIndex(needsCuda, host)
  const size = host.platform === 'darwin' || index === CPU_INDEX ? 'about 200 MB' : 'several GB where it is with CUDA'
  const venv = {
    what: `Installing PyTorch into ${VENV} (${size})`,
    folder: join(host.root, VENV),
    oldestPython: OLDEST_PYTHON,
    installs: listInstalls(index, host),
  }
  const { uv, pip } = waysToMakeVenv(venv, host)
  return {
    uv: async () => probe(await uv(), host),
    pip: async () => probe(await pip(), host),
    async 'apt-get'() {
      if (needsCuda) throw new Failure("Debian's PyTorch cannot use a GPU")
      await installDebianPackages(DEBIAN_PACKAGES, host)
      return probe('/usr/bin/python3', host)
    },
  }
}

/**
 * With an index of its own, PyTorch comes first and on its own: no other index of the user's may offer a higher version,
 * with CUDA. All that it depends on comes from the index that the user has set for pip or uv.
 * @param {string | undefined} index
 * @param {Host} host
 * @returns {import('./python.mjs').Venv['installs']}
 */
function listInstalls(index, { platform, arch }) {
  // The last PyTorch for Macs with Intel processors was built for numpy 1.
  const all = { args: ['torch', platform === 'darwin' && arch === 'x64' ? 'numpy<2' : 'numpy'] }
  if (!index) return [all]
  const env = { PIP_EXTRA_INDEX_URL: '', PIP_FIND_LINKS: '', UV_EXTRA_INDEX_URL: '', UV_INDEX: '', UV_FIND_LINKS: '' }
  return [{ args: ['--index-url', index, '--no-deps', 'torch'], env }, all]
}

/** @param {boolean} needsCuda @param {Host} host @returns {string | undefined} undefined: the user's own index, or PyPI */
function torchIndex(needsCuda, { platform, arch, env }) {
  return env.RADIX_TORCH_INDEX_URL || (!needsCuda && platform === 'linux' && arch === 'x64' ? CPU_INDEX : undefined)
}

/** @param {string} python @param {Host} host @returns {Promise<Found>} */
async function probe(python, host) {
  const stdout = await host.run([python, '-c', PROBE], { timeoutMs: LIMITS_MS.importPytorch })
  // A site may print lines of its own.
  const answer = stdout.split('\n').find((line) => line.startsWith('{"python"'))
  if (!answer) throw new Failure(`answered "${stdout.trim()}"`)
  return JSON.parse(answer)
}

/** @param {Host} host */
function hasGpu(host) {
  return host.run(['nvidia-smi', '-L'], { timeoutMs: LIMITS_MS.look }).then(
    (stdout) => stdout.includes('GPU '),
    () => false,
  )
}

/** @param {string[]} reasons @param {string} tried @param {string | undefined} index @param {Host} host */
function unavailable(reasons, tried, index, host) {
  return new SetupError('SETUP_PYTORCH_UNAVAILABLE', {
    title: 'No Python with PyTorch was found, and none could be installed',
    why: [
      'The benchmark trains with PyTorch 1.13 or newer.',
      'Looked at:',
      ...(reasons.length > 0 ? reasons : [`no Python ${OLDEST_PYTHON} or newer`]),
      'Tried:',
      tried,
    ].join('\n'),
    fix: [
      ...(hasAptGet(host) ? [debianCommand(DEBIAN_PACKAGES, host)] : []),
      ...(index
        ? [
            "RADIX_TORCH_INDEX_URL=https://your.mirror/whl/cpu npm start   # a mirror of PyTorch's index for the CPU",
            'RADIX_TORCH_INDEX_URL=https://pypi.org/simple npm start   # several GB: PyPI has it with CUDA only',
          ]
        : []),
      'RADIX_PYTHON=/path/to/a/python/with/torch npm start',
    ],
  })
}
