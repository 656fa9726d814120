/** What a GPU of this machine delivers by recipe and batch size, and whether the harness takes anything from it. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readGpuFacts } from '../src/agent/gpu/facts.ts'
import { findPython } from '../src/agent/python.ts'
import { createDataDirectory } from './control-plane.ts'
import { describeImages, measurePairs, runBare } from './harness.ts'
import { type Finding, perSecond, seconds } from './report.ts'
import { median, p99 } from './rounds.ts'

const PAIRS = 3
const BATCH_SIZES = [64, 128, 256, 512] as const
/** So that some twelve seconds are timed on a GPU of 2022, whatever the batch. */
const RECIPES = ['reference', 'tuned'] as const
const TIMED_IMAGES = { reference: 25_600, tuned: 64_000 } as const

const Memory = z.object({ peak_memory_bytes: z.number() })

/** Both recipes through the harness and bare, in turns. */
export async function measureGpuHarness(): Promise<Finding[]> {
  if (!(await hasGpu())) return []
  const findings: Finding[] = []
  for (const recipe of RECIPES) {
    const { overheadSeconds, rounds } = await measurePairs(PAIRS, paramsOf(recipe, 128))
    const later = overheadSeconds.slice(1)
    findings.push(
      { what: `harness around the workload, ${recipe}`, median: seconds(median(later)), p99: seconds(p99(later)) },
      ...describeImages(`images of ${recipe}`, rounds),
    )
  }
  return findings
}

/** Each once, bare, with the memory that PyTorch reserved for it. */
export async function measureGpuBatchSizes(): Promise<Finding[]> {
  if (!(await hasGpu())) return []
  const directory = await createDataDirectory()
  try {
    const python = await findPython(process.env.RADIX_PYTHON, join(import.meta.dirname, '..'))
    const findings: Finding[] = []
    for (const recipe of RECIPES) {
      for (const batchSize of BATCH_SIZES) {
        const result = await runBare(directory, python, paramsOf(recipe, batchSize))
        const gib = Memory.parse(result.device).peak_memory_bytes / 2 ** 30
        findings.push({
          what: `images, ${recipe}, batch ${batchSize} (${gib.toFixed(1)} GiB)`,
          median: perSecond(result.throughput.value),
        })
      }
    }
    return findings
  } finally {
    await rm(directory, { recursive: true })
  }
}

function paramsOf(recipe: (typeof RECIPES)[number], batchSize: number) {
  return { recipe, batch_size: batchSize, steps_per_epoch: TIMED_IMAGES[recipe] / batchSize }
}

async function hasGpu(): Promise<boolean> {
  const { gpus, note } = await readGpuFacts()
  if (gpus.length === 0) process.stderr.write(`  left out: ${note}\n`)
  return gpus.length > 0
}
