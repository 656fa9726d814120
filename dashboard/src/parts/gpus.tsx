/** The GPUs that an agent reported: in a few words (`4 × NVIDIA A10G`), and one by one. */
import { type Capabilities, type Cluster, Gpu } from '../../../src/contract/schemas/cluster.ts'
import { formatBytes } from './format.ts'

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

export function hasGpus(cluster: Cluster | undefined): boolean {
  return (cluster?.capabilities?.gpus?.length ?? 0) > 0
}

/** `GPU 3`, by the number that the machine gives it; its UUID where that is not known. */
export function nameGpu(cluster: Cluster | undefined, uuid: string): string {
  const gpus = (cluster?.capabilities?.gpus ?? []).flatMap((gpu) => Gpu.safeParse(gpu).data ?? [])
  const found = gpus.find((gpu) => gpu.uuid === uuid)
  return found ? `GPU ${found.index}` : uuid
}

/** Earlier agents name their GPUs in other ways: of those there is the name alone. */
export function GpuTable({ capabilities }: { capabilities: Capabilities }) {
  const gpus = (capabilities.gpus ?? []).map((gpu) => Gpu.safeParse(gpu).data)
  if (gpus.length === 0) return <p className="dim">{capabilities.gpu_note ?? 'The agent reported no GPU.'}</p>
  if (gpus.some((gpu) => gpu === undefined)) return <p>{describeGpus(capabilities)}</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must scroll by keyboard, too
    <section className="table" aria-label="GPUs" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {['GPU', 'Name', 'Memory', 'Driver', 'VBIOS', 'Power limit', 'UUID'].map((heading) => (
              <th key={heading} scope="col" className={NUMBERS.has(heading) ? 'number' : undefined}>
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{gpus.map((gpu) => gpu && <GpuRow key={gpu.uuid} gpu={gpu} />)}</tbody>
      </table>
    </section>
  )
}

const NUMBERS = new Set(['Memory', 'Power limit'])

function GpuRow({ gpu }: { gpu: Gpu }) {
  return (
    <tr>
      <td data-heading="GPU">{gpu.index}</td>
      <td data-heading="Name">{gpu.name}</td>
      <td data-heading="Memory" className="number">
        {formatBytes(gpu.memory_total_bytes)}
      </td>
      <td data-heading="Driver">{gpu.driver_version ?? '–'}</td>
      <td data-heading="VBIOS">{gpu.vbios_version ?? '–'}</td>
      <td data-heading="Power limit" className="number">
        {gpu.power_limit_watts === null ? '–' : `${gpu.power_limit_watts} W`}
      </td>
      <td data-heading="UUID">
        <code>{gpu.uuid}</code>
      </td>
    </tr>
  )
}
