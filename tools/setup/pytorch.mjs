// @ts-check
/** The need for a Python with PyTorch: one that is here, else one that is installed. */

import { hasAptGet } from './apt-get.mjs'
import { SetupError } from './errors.mjs'
import { SETUP_LIMITS_MS } from './limits.mjs'
import { listPythons, probePython } from './python.mjs'
import { readRecord, writeRecord } from './python-record.mjs'
import { DEBIAN_PACKAGES, INSTALLERS } from './pytorch-installers.mjs'
import { reasonOf } from './reasons.mjs'
import { findOnPath, step } from './system.mjs'
import { torchIndex } from './torch-wheels.mjs'

/** @type {import('./commands.mjs').Need} */
export const pytorch = {
  check({ root, system }) {
    const record = readRecord(root)
    const requested = system.env.RADIX_PYTHON || undefined
    if (!record || (requested && requested !== record.requested)) return undefined
    return { RADIX_PYTHON: record.python }
  },

  async provide(place) {
    const requested = place.system.env.RADIX_PYTHON || undefined
    const found = requested ? await useRequested(requested, place) : await findOrInstall(place)
    return { RADIX_PYTHON: writeRecord(place.root, found, requested).python }
  },
}

/**
 * What the user names is used or refused: something else in its place would surprise.
 * @param {string} requested a path, or a name to look up on PATH
 * @param {import('./commands.mjs').Place} place
 */
async function useRequested(requested, { root, system }) {
  const [path] = requested.includes('/') ? [requested] : findOnPath(requested, system)
  const probe = path ? await probePython(path, root, system) : { reason: 'there is none of that name on PATH' }
  if ('found' in probe && probe.found) return probe.found
  const index = torchIndex(await detectGpu(system), system)
  throw new SetupError('SETUP_PYTHON_UNUSABLE', { python: requested, reason: probe.reason, index })
}

/**
 * On a machine with a GPU a PyTorch that cannot use it is only the last resort.
 * @param {import('./commands.mjs').Place} place
 * @returns {Promise<import('./python.mjs').TorchPython>}
 */
async function findOrInstall(place) {
  const { root, system } = place
  const hasGpu = await detectGpu(system)
  /** @type {import('./python.mjs').Probe[]} */
  const probes = []
  await step(system, 'Looking for a Python with PyTorch', async () => {
    for (const python of listPythons(root, system)) {
      const probe = await probePython(python, root, system)
      probes.push(probe)
      if (probe.found?.cudaAvailable || (probe.found && !hasGpu)) return
    }
  })
  const found = probes.flatMap((probe) => probe.found ?? [])
  const best = found.find((torch) => torch.cudaAvailable || !hasGpu)
  if (best) return best

  const basePython = probes.find((probe) => probe.found || probe.canHost)?.python
  const { installed, tried } = await install({ ...place, hasGpu, hasTorch: found.length > 0, basePython })
  if (installed) return installed
  const [lastResort] = found
  if (!lastResort) throw unavailable(probes, tried, hasGpu, system)
  system.say(`This machine has a GPU, but PyTorch in ${lastResort.python} cannot use it, and one that can was not`)
  system.say(`installed (${tried.join('; ')}). Going on with it. RADIX_PYTHON names another Python.`)
  return lastResort
}

/**
 * @param {import('./pytorch-installers.mjs').InstallerPlace} place
 * @returns {Promise<{ installed?: import('./python.mjs').TorchPython, tried: string[] }>}
 */
async function install(place) {
  const tried = []
  for (const installer of INSTALLERS) {
    const obstacle = installer.obstacle(place)
    if (obstacle) {
      tried.push(`${installer.name}: ${obstacle}`)
      continue
    }
    const failure = await step(place.system, installer.announcement(place), () => installer.install(place))
    const probe =
      failure === undefined ? await probePython(installer.python(place), place.root, place.system) : undefined
    if (probe?.found) return { installed: probe.found, tried }
    const reason = probe ? `was installed, but ${probe.reason}` : reasonOf(failure ?? '')
    place.system.say(`  not possible with ${installer.name}: ${reason}`)
    tried.push(`${installer.name}: ${reason}`)
  }
  return { tried }
}

/** @param {import('./system.mjs').System} system */
async function detectGpu(system) {
  const { ok, stdout } = await system.run(['nvidia-smi', '-L'], { timeoutMs: SETUP_LIMITS_MS.look })
  return ok && stdout.includes('GPU ')
}

/**
 * @param {import('./python.mjs').Probe[]} probes
 * @param {string[]} tried
 * @param {boolean} hasGpu
 * @param {import('./system.mjs').System} system
 */
function unavailable(probes, tried, hasGpu, system) {
  const searched = probes.map((probe) => `${probe.python} ${probe.reason}`)
  return new SetupError('SETUP_PYTORCH_UNAVAILABLE', {
    searched: searched.join('; ') || 'no Python is installed',
    tried: tried.join('; '),
    debian: hasAptGet(system) ? DEBIAN_PACKAGES.join(' ') : '',
    venv: hasAptGet(system) && tried.some((each) => each.includes('no venv module')) ? 'python3-venv' : '',
    sudo: system.isRoot ? '' : 'sudo ',
    index: torchIndex(hasGpu, system),
    mirror: system.env.PIP_INDEX_URL || system.env.UV_DEFAULT_INDEX || system.env.UV_INDEX_URL ? 'yes' : '',
  })
}
