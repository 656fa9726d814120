/** Machines with made-up but plausible numbers. */
import { type Cluster, Gpu } from '../../src/contract/schemas/cluster.ts'

export interface MadeUpMachine {
  instanceType: string
  gpu: string
  /** Images per second with the recipe `reference`, and how many times that with `tuned`. */
  imagesPerSecond: number
  tunedFactor: number
  pricePerHourUsd: number
  memoryGib: number
  powerLimitWatts: number
}

export const MACHINES: readonly MadeUpMachine[] = [
  machine('g4dn.xlarge', 'Tesla T4', 148, 2.3, 0.526, 16, 70),
  machine('g5.xlarge', 'NVIDIA A10G', 341, 2.4, 1.006, 24, 300),
  machine('g6.xlarge', 'NVIDIA L4', 262, 2.6, 0.805, 24, 72),
  machine('g6e.xlarge', 'NVIDIA L40S', 611, 2.7, 1.861, 48, 350),
  machine('p5.4xlarge', 'NVIDIA H100 80GB HBM3', 1240, 2.9, 6.88, 80, 700),
]

function machine(
  instanceType: string,
  gpu: string,
  imagesPerSecond: number,
  tunedFactor: number,
  pricePerHourUsd: number,
  memoryGib: number,
  powerLimitWatts: number,
): MadeUpMachine {
  return { instanceType, gpu, imagesPerSecond, tunedFactor, pricePerHourUsd, memoryGib, powerLimitWatts }
}

const CPU_IMAGES_PER_SECOND = 12.5

/** What the machine of this cluster does; what a CPU does where there is no GPU. */
export function imagesPerSecondOf(cluster: Cluster, recipe: string): number {
  const gpu = Gpu.safeParse(cluster.capabilities?.gpus?.[0]).data
  const found = MACHINES.find((each) => each.gpu === gpu?.name)
  if (!found) return CPU_IMAGES_PER_SECOND
  return found.imagesPerSecond * (recipe === 'tuned' ? found.tunedFactor : 1)
}
