/**
 * Runs every check that costs nothing before anything is started. All findings are reported at once, each with its fix.
 */
import { accessSync, constants, existsSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { printableLine } from '../../core/printable.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { asRadixError } from '../../errors/render.ts'
import { errorFinding, type Finding, type Placement, type Quote } from '../../providers/provider.ts'
import { fileError } from '../../system/file-errors.ts'
import { findExistingCluster } from '../existing-cluster.ts'
import { errorOfFindings } from '../judge-findings.ts'
import { done, type StepContext, type StepResult } from '../step.ts'

export async function preflight(context: StepContext): Promise<StepResult> {
  await refuseEndedRun(context)
  const findings = await findObstacles(context)
  for (const { severity, message } of findings) if (severity === 'warning') context.emit({ type: 'warning', message })
  const obstacle = errorOfFindings(findings)
  if (obstacle) throw obstacle
  await choosePlacements(context)
  return done(findings.length === 0 ? 'nothing found' : `${findings.length} warnings`)
}

/**
 * Two jobs that derive the same id would overwrite each other's evidence. A run that has ended therefore starts
 * nothing.
 */
async function refuseEndedRun({ runId, call }: StepContext): Promise<void> {
  const run = await call('getRun', { params: { run_id: runId } }).catch((error: unknown) => {
    if (isRadixError(error, 'NOT_FOUND')) return undefined
    throw error
  })
  if (run?.ended_at) throw new RadixError('RUN_ALREADY_STARTED', { run_id: runId })
}

/** Where the machine may be launched and its maximum cost are known before anything starts. */
async function choosePlacements(context: StepContext): Promise<void> {
  context.record(await quotePlacements(context))
}

/** `quote`: the dearest. */
export async function quotePlacements(context: Pick<StepContext, 'provider' | 'signal'>) {
  const placements = await context.provider.listPlacements(context.signal)
  const quotes = await quoteEach(context, placements)
  return { placements, quotes, quote: dearestOf(quotes) }
}

/** One zone stands for its region: only spot prices differ between zones. */
async function quoteEach(
  { provider, signal }: Pick<StepContext, 'provider' | 'signal'>,
  placements: Placement[],
): Promise<Quotes> {
  const kinds = new Map(placements.map((placement) => [priceKeyOf(placement), placement]))
  return Promise.all(
    [...kinds.values()].map(async (placement) => ({ placement, quote: await provider.quote(placement, signal) })),
  )
}

/** Null if the price of one of them is not known. */
function dearestOf(quotes: Quotes): Quote | null {
  const known = quotes.flatMap(({ quote }) => quote ?? []).sort((a, b) => b.pricePerHourUsd - a.pricePerHourUsd)
  return known.length === quotes.length ? (known[0] ?? null) : null
}

type Quotes = NonNullable<StepContext['facts']['quotes']>

/** Placements with the same key have the same price. */
export function priceKeyOf({ region, instanceType, market }: Placement): string {
  return `${region} ${instanceType} ${market}`
}

export async function findObstacles(
  context: Pick<
    StepContext,
    'runId' | 'config' | 'provider' | 'evidenceWriter' | 'client' | 'deadlineAt' | 'signal' | 'call'
  >,
): Promise<Finding[]> {
  const { config, provider, evidenceWriter, client, deadlineAt, runId, signal } = context
  const request = { runId, apiBase: client.baseUrl, deadlineAt, needsGpu: !config.params.allow_cpu }
  const findings = await Promise.all([
    asFindings(provider.preflight(request, signal)),
    asFindings(checkCluster(context)),
    asFindings(evidenceWriter.preflight()),
  ])
  return unique([...findings.flat(), ...checkOutput(config.outputDirectory)])
}

/** A check that could not be made is a finding too, and does not hide the other findings. A bug remains a bug. */
export async function asFindings(check: Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check
  } catch (error) {
    if (!isRadixError(error) || error.code === 'INTERNAL') throw error
    return [errorFinding(error)]
  }
}

/** Two checks that find the same obstacle report it once. */
export function unique(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.code} ${finding.message}`, finding])).values()]
}

/** An existing cluster must be able to take jobs. */
async function checkCluster(context: Pick<StepContext, 'config' | 'provider' | 'call'>): Promise<Finding[]> {
  if (context.provider.launchesMachines) return []
  const { cluster_id, capabilities } = await findExistingCluster(context)
  // Earlier agents do not report GPUs. The list is empty only if an agent looked and found none.
  if (context.config.params.allow_cpu || capabilities?.gpus?.length !== 0) return []
  const note = capabilities.gpu_note ? ` (${printableLine(capabilities.gpu_note)})` : ''
  const message = `the agent of cluster ${cluster_id} found no GPU on its machine${note}`
  return [errorFinding(new RadixError('WORKLOAD_NO_GPU', { message }))]
}

/** The evidence is written at the end, too late to discover a problem. */
function checkOutput(outputDirectory: string): Finding[] {
  let directory = outputDirectory
  while (!existsSync(directory) && dirname(directory) !== directory) directory = dirname(directory)
  try {
    // The trailing slash makes the check refuse a file: the evidence folder is created below this path.
    accessSync(join(directory, sep), constants.W_OK)
    return []
  } catch (cause) {
    return [errorFinding(asRadixError(fileError(outputDirectory, cause)))]
  }
}
