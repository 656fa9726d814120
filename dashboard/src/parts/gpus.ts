/** The GPUs that an agent reported, in a few words: `4 × NVIDIA A10G`. */
import type { Capabilities } from '../../../src/contract/schemas/cluster.ts'

export function describeGpus(capabilities: Capabilities | null): string {
  if (capabilities?.gpus === undefined) return 'unknown'
  const counts = new Map<string, number>()
  for (const { name } of capabilities.gpus) {
    const shown = typeof name === 'string' ? name : 'unnamed'
    counts.set(shown, (counts.get(shown) ?? 0) + 1)
  }
  if (counts.size === 0) return 'none'
  return [...counts].map(([name, count]) => (count === 1 ? name : `${count} × ${name}`)).join(', ')
}
