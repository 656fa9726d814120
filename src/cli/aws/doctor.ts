/** `radix aws doctor`: runs every preflight check without a run. */
import { newId } from '../../core/ids.ts'
import { createEc2RegionsProvider } from '../../providers/ec2/ec2-regions.ts'
import { splitByRegion } from '../../providers/ec2/settings.ts'
import { findApiBaseOf } from '../shared/connection.ts'
import { type Ec2Options, readBenchFile, toEc2Settings } from '../shared/ec2-options.ts'
import { judgeFindings, printFindings } from '../shared/findings.ts'
import { type ConnectionOptions, DEFAULT_HOST, DEFAULT_PORT } from '../shared/options.ts'
import { print, printJson } from '../shared/output.ts'

export interface DoctorOptions extends ConnectionOptions, Ec2Options {
  config?: string
  ttlMinutes: number
  json?: boolean
}

/** Exit code 2 when something would stop a run. */
export async function checkAccount(options: DoctorOptions): Promise<void> {
  const file = readBenchFile(options.config)
  const settings = toEc2Settings(options, file, process.env)
  const now = new Date()
  const request = {
    runId: newId('run', now.getTime()),
    apiBase: findApiBaseOf(options, file.api_base) ?? `http://${DEFAULT_HOST}:${DEFAULT_PORT}`,
    deadlineAt: new Date(now.getTime() + options.ttlMinutes * 60_000),
    needsGpu: true,
  }
  const findings = await createEc2RegionsProvider(settings).preflight(request, new AbortController().signal)
  const [region, ...fallbackRegions] = splitByRegion(settings).map((regional) => regional.region)
  const mayStart = judgeFindings(findings)
  if (options.json) {
    printJson({ may_start: mayStart, region, fallback_regions: fallbackRegions, findings })
    return
  }
  printFindings(findings)
  const where = [region, ...fallbackRegions].join(', then ')
  print(mayStart ? `A run can start in ${where}.` : `A run cannot start in ${where}.`)
}
