// @ts-check
/**
 * Every error of the set-up, once: what happened and why, and the fix as commands. Codes are permanent.
 * The program's own errors are in src/errors/table.ts; these are apart because they occur before it can run.
 */

/**
 * @typedef {{ [name: string]: string | undefined }} Details
 * @typedef {{ title: string, why: (d: Details) => string, fix: (d: Details) => string[] }} Definition
 * @typedef {keyof typeof SETUP_ERRORS} SetupErrorCode
 */

export const SETUP_ERRORS = table({
  SETUP_COMMAND_UNKNOWN: {
    title: 'The set-up does not know this command',
    why: (d) => `It was called with "${d.command}" and knows ${d.known}.`,
    fix: () => ['npm start', 'npm test', './radix --help'],
  },
  SETUP_UNSUPPORTED_PLATFORM: {
    title: 'Radix does not run on this platform',
    why: (d) => `This is ${d.platform}. Radix runs on Linux and macOS, x64 and arm64.`,
    fix: (d) => (/^win32/.test(String(d.platform)) ? ['wsl --install   # then clone and run inside it'] : []),
  },
  SETUP_NODE_TOO_OLD: {
    title: 'This Node is too old even to set up a newer one',
    why: (d) => `${d.path} is Node ${d.version}. The set-up needs Node 18 or newer, and fetches Node 24 on its own.`,
    fix: () => ['install Node 24 from https://nodejs.org/en/download, then repeat the command'],
  },
  SETUP_NPM_UNAVAILABLE: {
    title: 'npm was not found',
    why: () => 'Radix fetches Node 24 and its dependencies with npm, and there is no npm on PATH.',
    fix: () => ['sudo apt-get install -y npm   # or install Node 24 from https://nodejs.org/en/download'],
  },
  SETUP_NODE_UNAVAILABLE: {
    title: 'Node 24 could not be installed',
    why: (d) =>
      `Radix needs Node 24 and this is Node ${d.version}. Installing ${d.package} from npm failed:\n${d.reason}`,
    fix: () => ['npm ping   # can npm reach its registry?', 'install Node 24 from https://nodejs.org/en/download'],
  },
  SETUP_REGISTRY_UNREACHABLE: {
    title: 'npm cannot reach its registry',
    why: (d) => `The dependencies come from the npm registry. npm said:\n${d.reason}`,
    fix: () => [
      'npm config get registry proxy https-proxy   # is it the right registry, and the right proxy?',
      'npm ping   # works as soon as npm reaches the registry; then repeat the command',
    ],
  },
  SETUP_LOCK_FILE_UNUSABLE: {
    title: 'package-lock.json is missing or damaged',
    why: (d) => `It names every dependency and its digest, and belongs to the clone ${d.clone}: ${d.reason}`,
    fix: (d) => [`git -C ${d.clone} checkout package-lock.json`],
  },
  SETUP_DEPENDENCIES_FAILED: {
    title: 'The dependencies could not be installed',
    why: (d) => `\`npm ci\` failed:\n${d.reason}`,
    fix: () => ['git checkout package-lock.json package.json   # if they were changed by hand', 'npm ping'],
  },
  SETUP_DEPENDENCIES_UNUSABLE: {
    title: 'npm installed the dependencies, but they do not work here',
    why: (d) => `npm reported success, and yet:\n${d.reason}`,
    fix: () => [
      'rm -rf node_modules .radix/npm && npm start   # install everything again',
      'npm config get omit os cpu libc   # a setting of npm can leave packages out',
    ],
  },
  SETUP_FOLDER_NOT_WRITABLE: {
    title: 'The set-up cannot write into its folder',
    why: (d) => `${d.folder} could not be written: ${d.reason}`,
    fix: (d) => [`sudo chown -R "$(id -un)" ${d.clone}`],
  },
  SETUP_PYTHON_UNUSABLE: {
    title: 'RADIX_PYTHON has no usable PyTorch',
    why: (d) => `RADIX_PYTHON is ${d.python}: ${d.reason}.`,
    fix: (d) => ['unset RADIX_PYTHON   # and let the set-up find or install one', `${d.python} -m pip ${wheels(d)}`],
  },
  SETUP_PYTORCH_UNAVAILABLE: {
    title: 'No Python with PyTorch was found, and none could be installed',
    why: (d) => `The benchmark trains with PyTorch 1.13 or newer.\nLooked at: ${d.searched}\nTried: ${d.tried}`,
    fix: (d) => [
      ...(d.debian ? [aptInstall(d, d.debian)] : []),
      ...(d.venv ? [`${aptInstall(d, d.venv)}   # then repeat the command`] : []),
      ...(d.index
        ? [
            "RADIX_TORCH_INDEX_URL=https://your.mirror/whl/cpu npm start   # a mirror of PyTorch's index for the CPU",
            `RADIX_TORCH_INDEX_URL=${d.mirror ? 'https://your.mirror/simple' : 'https://pypi.org/simple'} npm start   # several GB: ${d.mirror ? 'your mirror of PyPI' : 'PyPI'} has it with CUDA only`,
          ]
        : []),
      'RADIX_PYTHON=/path/to/a/python/with/torch npm start',
    ],
  },
  SETUP_DASHBOARD_FAILED: {
    title: 'The dashboard could not be built',
    why: (d) => `\`vite build dashboard\` failed:\n${d.reason}`,
    fix: () => ['npm start   # again; if it stays, report it with the lines above'],
  },
  SETUP_CHROMIUM_UNAVAILABLE: {
    title: 'There is no Chromium',
    why: () => 'The tests of the dashboard need one.',
    fix: (d) => [`${d.sudo}apt-get install -y chromium`, 'RADIX_CHROMIUM=/path/to/chromium npm test   # or Chrome'],
  },
  SETUP_MOTO_UNUSABLE: {
    title: 'RADIX_MOTO_SERVER is not a program',
    why: (d) => `RADIX_MOTO_SERVER is ${d.program}, and there is no executable file of that path.`,
    fix: () => ['unset RADIX_MOTO_SERVER   # and let the set-up install it'],
  },
  SETUP_MOTO_UNAVAILABLE: {
    title: 'moto could not be installed',
    why: (d) => `The tests against AWS need it, and Python 3.10 or newer.\nTried: ${d.tried}`,
    fix: (d) => [
      ...(d.debian ? [`${d.sudo}apt-get update && ${d.sudo}apt-get install -y python3-venv`] : []),
      `python3 -m venv /tmp/moto && /tmp/moto/bin/pip install ${d.requirements} && RADIX_MOTO_SERVER=/tmp/moto/bin/moto_server npm test`,
    ],
  },
})

/** What a user can act on. Anything else that is thrown is a bug. */
export class SetupError extends Error {
  /**
   * @param {SetupErrorCode} code
   * @param {Details} details
   */
  constructor(code, details = {}) {
    super(`${code}: ${SETUP_ERRORS[code].why(details)}`)
    this.code = code
    this.details = details
  }
}

/**
 * @param {SetupError} error
 * @returns {string} `error CODE: title`, why, and the fixes, the likeliest first
 */
export function renderSetupError(error) {
  const { title, why, fix } = SETUP_ERRORS[error.code]
  const lines = why(error.details)
    .split('\n')
    .map((line) => `  ${line}`)
  const fixes = fix(error.details).map((line, index) => (index === 0 ? `  fix: ${line}` : `   or: ${line}`))
  return [`error ${error.code}: ${title}`, ...lines, ...fixes].join('\n')
}

/** Without a GPU, PyPI's wheels would bring gigabytes of CUDA to Linux. @param {Details} details */
function wheels({ index }) {
  return `install ${index ? `--index-url ${index} ` : ''}torch numpy`
}

/** @param {Details} details @param {string} packages */
function aptInstall({ sudo }, packages) {
  return `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ${packages}`
}

/** @template {string} Code @param {Record<Code, Definition>} definitions */
function table(definitions) {
  return definitions
}
