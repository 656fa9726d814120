/** `radix bench baseline …` */
import { existsSync } from 'node:fs'
import type { Baseline, StoredBaseline } from '../../contract/schemas/baseline.ts'
import { systemClock } from '../../core/clock.ts'
import { formatBeside, formatCount, formatRate } from '../../core/format.ts'
import { printableLine } from '../../core/printable.ts'
import { shellWord } from '../../core/shell-word.ts'
import { mean } from '../../core/statistics.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { makeBaseline } from '../../evidence/compare/baseline.ts'
import { openSigningKey } from '../../evidence/signature/open-signing-key.ts'
import { signBaseline } from '../../evidence/signature/sign.ts'
import { writeFileAtomically } from '../../system/atomic-file.ts'
import { connect } from '../shared/connection.ts'
import { type ConnectionOptions, resolveDataDir } from '../shared/options.ts'
import { note, outputColumns, print, printJson, renderTable } from '../shared/output.ts'
import { collectPages } from '../shared/pages.ts'
import { shortenTime } from '../shared/table.ts'
import { NARROWEST_TEXT, wrapWords } from '../shared/text-layout.ts'
import { findBaseline, isBaselineFile, isFileName, parseBaselineName } from './find-baseline.ts'
import { findEvidence } from './find-evidence.ts'

interface BaselineOptions extends ConnectionOptions {
  json?: boolean
}

const LABEL_WIDTH = 14
const COLUMNS = [
  'BASELINE',
  'THROUGHPUT',
  { heading: 'TRIALS', leaveOut: 2 },
  'GPU',
  { heading: 'INSTANCE TYPE', leaveOut: 1 },
  { heading: 'RUN', leaveOut: 3 },
  { heading: 'SET', shorten: shortenTime, leaveOut: 4 },
]

/**
 * Stores a baseline under a name in the control plane, or in a file. Only verified evidence is accepted: a baseline
 * does not record that its source was unverified.
 */
export async function setBaseline(name: string, reference: string, options: BaselineOptions): Promise<void> {
  const storedName = isFileName(name) ? undefined : parseBaselineName(name)
  const { evidence } = await findEvidence(reference, options)
  const made = makeBaseline(evidence, name)
  const baseline = storedName === undefined ? await signHere(made, options) : made
  if (storedName === undefined) await writeBaselineFile(name, baseline)
  else await putBaseline(storedName, baseline, options)
  if (options.json) printJson(baseline)
  else print(`${name} is ${describeThroughput(baseline)} of run ${baseline.run_id}.`)
  if (baseline.throughputs.length === 1) {
    note(
      'It has one trial, so no change against it can be told from chance. Measure with --trials 5, and set it again.',
    )
  }
}

export async function showBaseline(name: string, options: BaselineOptions): Promise<void> {
  const { baseline } = await findBaseline(name, 'RUN', options)
  if (options.json) return printJson(baseline)
  const { parameters, recipe, workload, job_kind: kind } = baseline
  const rate = { value: mean(baseline.throughputs), unit: baseline.unit }
  const rows = [
    ['Throughput', describeThroughput(baseline)],
    ['Trials', baseline.throughputs.map((value) => formatBeside(rate, value)).join(', ')],
    ['GPU', baseline.device.name],
    ['Instance type', baseline.instance_type],
    [
      'Job kind',
      `${kind}, workload ${workload.name} ${workload.version}${recipe === null ? '' : `, recipe ${recipe}`}`,
    ],
    [
      'Parameters',
      Object.entries(parameters)
        .map(([key, value]) => `${key} ${value}`)
        .join(', '),
    ],
    [
      'Environment',
      Object.entries(baseline.surroundings)
        .map(([key, value]) => `${key} ${value}`)
        .join(', '),
    ],
    ['Run', `${baseline.run_id}, ${baseline.measured_at}`],
  ]
  const room = Math.max(NARROWEST_TEXT, outputColumns() - LABEL_WIDTH - 1)
  for (const [label, value] of rows) {
    const lines = wrapWords(printableLine(value ?? '-'), room)
    print(lines.map((line, index) => `${(index === 0 ? (label ?? '') : '').padEnd(LABEL_WIDTH)} ${line}`).join('\n'))
  }
}

export async function listBaselines(options: BaselineOptions & { limit: number }): Promise<void> {
  const client = await connect(options)
  const baselines = await collectPages(options.limit, (query) => client.call('listBaselines', { query }))
  if (options.json) return printJson(baselines)
  if (baselines.length === 0) return note('No baselines. Set one: radix bench baseline set NAME RUN')
  print(renderTable(COLUMNS, baselines.map(toRow)))
}

/** Anyone may edit a file, so the gate uses it only if it is unchanged. */
async function signHere(baseline: Baseline, options: BaselineOptions): Promise<Baseline> {
  const key = await openSigningKey(resolveDataDir(options), process.env.RADIX_SIGNING_KEY)
  return signBaseline(baseline, { key, now: () => systemClock.now() })
}

/** Replaces only a baseline: it is easy to name the evidence of a run by mistake. */
async function writeBaselineFile(path: string, baseline: Baseline): Promise<void> {
  if (existsSync(path) && !isBaselineFile(path)) {
    throw new RadixError('FILE_NOT_WRITABLE', {
      path,
      reason: 'it is not a baseline, and would be overwritten.',
      remedy: `Choose another name, or move the file away: \`mv ${shellWord(path)} ${shellWord(`${path}.old`)}\`.`,
    })
  }
  await writeFileAtomically(path, `${JSON.stringify(baseline, null, 2)}\n`)
}

async function putBaseline(name: string, baseline: Baseline, options: BaselineOptions): Promise<void> {
  const client = await connect(options)
  await client.call('putBaseline', { params: { name }, body: baseline })
}

function toRow(stored: StoredBaseline): (string | number | null)[] {
  const { name, throughputs: values, unit, device, instance_type, run_id, set_at } = stored
  return [name, formatRate({ value: mean(values), unit }), values.length, device.name, instance_type, run_id, set_at]
}

function describeThroughput({ throughputs: values, unit }: Baseline): string {
  return `${formatRate({ value: mean(values), unit })} (${formatCount(values.length, 'trial')})`
}
