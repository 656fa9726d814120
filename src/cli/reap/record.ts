/** The records of sweeps on this disk: the last sweep, the last success, and both for a monitoring system. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { SYSTEM_LIMITS } from '../../core/limits/system.ts'
import { parseOutsideJson } from '../../core/outside-json.ts'
import type { ReapReport } from '../../harness/reaper.ts'
import { writeFileAtomically } from '../../system/atomic-file.ts'
import { type ConnectionOptions, resolveDataDir } from '../shared/options.ts'

interface RecordOptions extends Pick<ConnectionOptions, 'dataDir'> {
  metricsFile?: string
}

const Record = z.object({ last_success_at: z.string().nullable() })

/** The time of the last success survives failures: a reaper that has silently stopped is worse than none. */
export async function keepRecord(report: ReapReport, options: RecordOptions): Promise<void> {
  const path = join(resolveDataDir(options), 'reaper.json')
  const lastSuccessAt = report.success && !report.dryRun ? report.at : await readLastSuccess(path)
  if (!report.dryRun) {
    const record = { last_success_at: lastSuccessAt, last_sweep: report }
    await writeFileAtomically(path, `${JSON.stringify(record, null, 2)}\n`)
  }
  if (options.metricsFile) await writeFileAtomically(options.metricsFile, renderMetrics(report, lastSuccessAt))
}

async function readLastSuccess(path: string): Promise<string | null> {
  try {
    const bounds = { maxCharacters: SYSTEM_LIMITS.record.value }
    return parseOutsideJson(await readFile(path, 'utf8'), Record, bounds).last_success_at
  } catch {
    return null
  }
}

function renderMetrics({ things }: ReapReport, lastSuccessAt: string | null): string {
  const outcomes = ['kept', 'would be removed', 'removed', 'failed', 'over budget'] as const
  const seconds = lastSuccessAt === null ? 0 : Date.parse(lastSuccessAt) / 1000
  return [
    '# HELP radix_reaper_last_success_timestamp_seconds The last sweep that checked every place and removed what was due; 0: never.',
    '# TYPE radix_reaper_last_success_timestamp_seconds gauge',
    `radix_reaper_last_success_timestamp_seconds ${seconds}`,
    '# TYPE radix_reaper_things gauge',
    ...outcomes.map((outcome) => {
      const count = things.filter((thing) => thing.outcome === outcome).length
      return `radix_reaper_things{outcome="${outcome}"} ${count}`
    }),
    '',
  ].join('\n')
}
