/** What the evidence of a run says: the number, whether it may be used, what it cost, and that the machine is gone. */
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { summariseEvidence } from '../../../../src/contract/evidence-summary.ts'
import type { RateSummary } from '../../../../src/contract/schemas/comparison.ts'
import type { Evidence } from '../../../../src/contract/schemas/evidence.ts'
import type { Run } from '../../../../src/contract/schemas/run.ts'
import { formatAmount, formatPercent, nameWorkPerDollar, workUnitOf } from '../../../../src/core/format.ts'
import { evidenceQuery } from '../../api/queries.ts'
import { Command } from '../command.tsx'
import { ErrorNote, ErrorWords } from '../error-note.tsx'
import { Facts } from '../facts.tsx'
import { formatInterval, formatSeconds, formatSpread, formatThroughput, formatUsd } from '../format.ts'
import { LoadingPage } from '../loading-page.tsx'
import { Status } from '../status.tsx'
import { formatExactTime } from '../time.tsx'
import { Downloads } from './downloads.tsx'
import { GpuTelemetryTable } from './gpu-telemetry.tsx'
import { Signature, SignatureAlarm } from './signature.tsx'
import { Figure } from './throughput.tsx'
import { TrialTable } from './trial-table.tsx'
import { type Trust, useTrust } from './trust.ts'

export function RunEvidence({ run }: { run: Run }) {
  const { data: evidence, error, isPending, refetch } = useQuery(evidenceQuery(run))
  const trust = useTrust(run)
  // No number is shown before it is known whether it counts.
  if (isPending || trust === 'checking') return <LoadingPage />
  if (error && evidence === undefined) return <ErrorNote error={error} onRetry={() => void refetch()} />
  if (!evidence) {
    return (
      <Frame run={run}>
        <p>This evidence was written by another version of Radix and cannot be shown here. Download it instead.</p>
      </Frame>
    )
  }
  const { results, reproduce } = evidence
  const { verdict, throughput } = summariseEvidence(evidence)
  return (
    <Frame run={run} isBroken={trust === 'broken'}>
      <SignatureAlarm run={run} />
      {evidence.error && <ErrorWords {...evidence.error} />}
      <Headline evidence={evidence} trust={trust} />
      <VerdictNote verdict={verdict} trust={trust} hasNumber={throughput !== null} />
      {results.trials.length > 0 && (
        <TrialTable
          trials={results.trials}
          summary={throughput}
          verdict={trust === 'broken' ? 'invalid' : verdict.level}
        />
      )}
      <GpuTelemetryTable evidence={evidence} />
      <div className="cards plain">
        <section aria-label="Cost and machine">
          <h3>Cost and machine</h3>
          <Facts facts={moneyFacts(evidence)} />
        </section>
        <section aria-label="Software">
          <h3>Software</h3>
          <Facts facts={softwareFacts(evidence)} />
        </section>
      </div>
      <Signature run={run} />
      <h3>Reproduce</h3>
      <Command label="Command that reproduces this run" text={reproduce.command} />
    </Frame>
  )
}

interface FrameProps {
  run: Run
  /** It is not as it was signed. */
  isBroken?: boolean
  children: ReactNode
}

function Frame({ run: { run_id: runId }, isBroken = false, children }: FrameProps) {
  return (
    <section className={isBroken ? 'card evidence broken' : 'card evidence'} aria-label="Evidence">
      <header className="heading">
        <h2>Evidence</h2>
        <Downloads runId={runId} />
      </header>
      {children}
    </section>
  )
}

function Headline({ evidence, trust }: { evidence: Evidence; trust: Trust }) {
  const { cost, termination } = evidence
  const { verdict, throughput, duration_seconds, work_per_usd } = summariseEvidence(evidence)
  const unit = throughput?.unit ?? ''
  return (
    <dl className="tiles">
      {throughput && (
        <Tile
          name="Throughput"
          value={
            <Figure
              text={formatThroughput({ value: throughput.mean, unit: throughput.unit })}
              verdict={trust === 'broken' ? 'invalid' : verdict.level}
            />
          }
          note={trust === 'broken' ? '' : describeInterval(throughput)}
          isMain
        />
      )}
      {duration_seconds !== null && (
        <Tile name="Duration of a trial" value={formatSeconds(duration_seconds)} note="warm-up included" />
      )}
      {cost && (
        <Tile name="Cost" value={formatUsd(cost.machine_usd)} note={`for ${formatSeconds(cost.billed_seconds)}`} />
      )}
      {work_per_usd !== null && (
        <Tile name={nameWorkPerDollar(unit)} value={formatAmount(work_per_usd, workUnitOf(unit))} note="" />
      )}
      <Tile name="Machine" {...describeMachine(termination)} />
    </dl>
  )
}

interface TileProps {
  name: string
  value: ReactNode
  note: string
  isMain?: boolean
}

function Tile({ name, value, note, isMain }: TileProps) {
  return (
    <div className={isMain ? 'headline' : undefined}>
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong> <span className="second dim">{note}</span>
      </dd>
    </div>
  )
}

function describeInterval(summary: RateSummary): string {
  const { confidence_interval_95: interval, mean, unit, n, note } = summary
  const rate = { value: mean, unit }
  if (!interval) return `${n} trial${n === 1 ? '' : 's'}: ${(note ?? 'no interval').replaceAll('`', '')}`
  if (interval.low <= 0) {
    return `the ${n} trials differ too much: their 95 % interval is ${formatInterval(rate, interval)}`
  }
  return `${formatSpread(rate, interval)} (± ${formatPercent(interval.half_width_relative)}, 95 % interval over ${n} trials)`
}

function describeMachine({ state, confirmed_at }: Evidence['termination']): Pick<TileProps, 'value' | 'note'> {
  if (state === 'not_needed') return { value: 'none', note: 'no machine was launched' }
  if (state === 'unconfirmed') return { value: <span className="status bad">Termination not confirmed</span>, note: '' }
  return {
    value: <span className="status good">Terminated</span>,
    note: confirmed_at === null ? 'confirmed' : `confirmed ${formatExactTime(confirmed_at)}`,
  }
}

const VERDICTS = {
  valid: 'This result can be used and compared.',
  suspect: 'Read the reasons before you use this result.',
  invalid: 'Do not use this result.',
} as const

interface VerdictNoteProps {
  trust: Trust
  verdict: Evidence['verdict']
  hasNumber: boolean
}

function VerdictNote({ verdict: { level, reasons }, trust, hasNumber }: VerdictNoteProps) {
  if (trust === 'broken') {
    return (
      <div className="verdict">
        <p>
          <span className="status bad">do not use</span> The verdict may have been changed as well, so it does not
          count.
        </p>
      </div>
    )
  }
  const isChecked = trust === 'intact'
  return (
    <div className="verdict">
      <p>
        {isChecked ? <Status status={level} /> : <span className="status idle">{level}</span>}{' '}
        {describeVerdict(level, hasNumber, isChecked)}
      </p>
      {reasons.length > 0 && (
        <ul>
          {reasons.map(({ code, level: weight, message }) => (
            <li key={code}>
              {message} <code className="dim">{code}</code> {weight === 'note' && <span className="dim">note</span>}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

function describeVerdict(level: Evidence['verdict']['level'], hasNumber: boolean, isChecked: boolean): string {
  if (!hasNumber) return 'This run has no usable result.'
  return isChecked ? VERDICTS[level] : 'The signature could not be checked: reload this page before you use the result.'
}

function moneyFacts({ cost, termination, results }: Evidence) {
  const unit = results.throughput?.unit ?? ''
  return [
    ['Cost', describeCost(cost, termination)],
    ...(cost ? ([['Price', `$${cost.price_per_hour_usd.toFixed(3)} per hour (${cost.price_source})`]] as const) : []),
    ...(cost?.work_per_usd
      ? ([[nameWorkPerDollar(unit), formatAmount(cost.work_per_usd, workUnitOf(unit))]] as const)
      : []),
    ['Machine', <Termination key="machine" termination={termination} />],
  ] as const
}

function softwareFacts({ environment: { software, machine, radix } }: Evidence) {
  const versions = Object.entries(software ?? {}).flatMap(([name, version]): [string, string][] =>
    typeof version === 'string' ? [[SOFTWARE_NAMES[name] ?? name.replaceAll('_', ' '), version]] : [],
  )
  return [
    ...versions,
    ['Radix', [radix.version, radix.commit].filter(Boolean).join(', commit ')],
    ...(machine?.image_id ? [['Image', machine.image_id] as const] : []),
    ...(machine?.region ? [['Region', machine.region] as const] : []),
  ] as const
}

const SOFTWARE_NAMES: Record<string, string> = { python: 'Python', pytorch: 'PyTorch', cuda: 'CUDA', cudnn: 'cuDNN' }

function describeCost(cost: Evidence['cost'], { state }: Evidence['termination']): string {
  if (!cost) return state === 'not_needed' ? 'none: no machine was launched' : 'unknown: the machine has no known price'
  const { machine_usd, billed_seconds, complete } = cost
  return `${formatUsd(machine_usd)} for ${formatSeconds(billed_seconds)}${complete ? '' : ' so far'}`
}

function Termination({ termination }: { termination: Evidence['termination'] }) {
  const { state, machine_id, confirmed_at, proof } = termination
  if (state === 'not_needed') return 'none launched'
  if (state === 'unconfirmed') {
    return <strong>Termination NOT confirmed: {machine_id ?? 'a machine of this run'} may still cost money</strong>
  }
  return (
    <>
      <code>{machine_id}</code> terminated{confirmed_at && `, confirmed ${formatExactTime(confirmed_at)}`}
      <br />
      <span className="dim">{proof}</span>
    </>
  )
}
