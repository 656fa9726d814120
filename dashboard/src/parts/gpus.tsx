/** The GPUs that an agent reported: in a few words (`4 × NVIDIA A10G`), and one by one. */
import { useMemo } from 'react'
import { type Capabilities, type Cluster, Gpu } from '../../../src/contract/schemas/cluster.ts'
import { formatBytes } from './format.ts'
import { type Column, Table } from './table.tsx'

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
  const { gpus: reported = [] } = capabilities
  const gpus = useMemo(() => (capabilities.gpus ?? []).flatMap((gpu) => Gpu.safeParse(gpu).data ?? []), [capabilities])
  if (reported.length === 0) return <p className="dim">{capabilities.gpu_note ?? 'The agent reported no GPU.'}</p>
  if (gpus.length < reported.length) return <p>{describeGpus(capabilities)}</p>
  return <Table label="GPUs" columns={COLUMNS} keyOf={({ uuid }) => uuid} items={gpus} />
}

const COLUMNS: readonly Column<Gpu>[] = [
  { heading: 'GPU', sortBy: ({ index }) => index, show: ({ index }) => index },
  { heading: 'Name', sortBy: ({ name }) => name, show: ({ name }) => name },
  {
    heading: 'Memory',
    isNumber: true,
    sortBy: (gpu) => gpu.memory_total_bytes,
    show: (gpu) => formatBytes(gpu.memory_total_bytes),
  },
  { heading: 'Driver', sortBy: (gpu) => gpu.driver_version, show: (gpu) => gpu.driver_version ?? '–' },
  { heading: 'VBIOS', sortBy: (gpu) => gpu.vbios_version, show: (gpu) => gpu.vbios_version ?? '–' },
  {
    heading: 'Power limit',
    isNumber: true,
    sortBy: (gpu) => gpu.power_limit_watts,
    show: (gpu) => (gpu.power_limit_watts === null ? '–' : `${gpu.power_limit_watts} W`),
  },
  { heading: 'UUID', sortBy: ({ uuid }) => uuid, show: ({ uuid }) => <code title={uuid}>{uuid}</code> },
]
