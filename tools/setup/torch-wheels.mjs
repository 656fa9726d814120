// @ts-check
/**
 * Which wheels of PyTorch are installed, and from which index. Without a GPU, Linux on x64 gets those for the CPU from
 * PyTorch's own index: PyPI's bring several GB of CUDA. RADIX_TORCH_INDEX_URL names another index. All other packages come
 * from the index that the user has set for pip or uv.
 */

export const CPU_INDEX = 'https://download.pytorch.org/whl/cpu'

/**
 * @param {boolean} hasGpu
 * @param {import('./system.mjs').System} system
 * @returns {string | undefined} undefined: the index that the user has set, or PyPI
 */
export function torchIndex(hasGpu, { platform, arch, env }) {
  if (env.RADIX_TORCH_INDEX_URL) return env.RADIX_TORCH_INDEX_URL
  return !hasGpu && platform === 'linux' && arch === 'x64' ? CPU_INDEX : undefined
}

/**
 * The arguments of each `install` of pip or uv, in order. PyTorch comes first and on its own, because only it is to come
 * from its index; the second finds it installed and adds what it depends on.
 * @param {boolean} hasGpu
 * @param {import('./system.mjs').System} system
 * @returns {string[][]}
 */
export function torchInstalls(hasGpu, system) {
  // The last PyTorch for Macs with Intel processors was built for numpy 1.
  const numpy = system.platform === 'darwin' && system.arch === 'x64' ? 'numpy<2' : 'numpy'
  const index = torchIndex(hasGpu, system)
  const all = ['torch', numpy]
  return index ? [['--index-url', index, '--no-deps', 'torch'], all] : [all]
}

/**
 * Another index of the user's could offer a higher version, with CUDA.
 * @param {string[]} install one of `torchInstalls`
 * @returns {Record<string, string>}
 */
export function indexEnvironment(install) {
  if (!install.includes('--index-url')) return {}
  return { PIP_EXTRA_INDEX_URL: '', PIP_FIND_LINKS: '', UV_EXTRA_INDEX_URL: '', UV_INDEX: '', UV_FIND_LINKS: '' }
}

/** @param {boolean} hasGpu @param {import('./system.mjs').System} system */
export function wheelSize(hasGpu, system) {
  const index = torchIndex(hasGpu, system)
  if (system.platform !== 'linux' || index === CPU_INDEX) return 'about 200 MB'
  return index ? `from ${index.replace(/:\/\/[^/]*@/, '://')}` : 'several GB, with CUDA'
}
