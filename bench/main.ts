/**
 * `npm run bench [-- names…]`: what Radix costs, side by side with what it is compared to. Prints one table. A target
 * that is missed is said, and fails nothing: a number on a busy machine is no test.
 */
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os'
import { VERSION } from '../src/core/version.ts'
import { measureClaimAndComplete } from './claim-and-complete.ts'
import { measureDashboard } from './dashboard.ts'
import { measureEventLoop } from './event-loop.ts'
import { measureGpuBatchSizes, measureGpuHarness } from './gpu.ts'
import { measureHarness } from './harness.ts'
import { measureHeartbeats } from './heartbeats.ts'
import { measureHelp } from './help.ts'
import { measureRelay } from './relay.ts'
import { type Finding, renderTable } from './report.ts'
import { measureSubmitToStart } from './submit-to-start.ts'

const BENCHMARKS: Record<string, () => Promise<Finding[]>> = {
  'submit-to-start': measureSubmitToStart,
  'claim-and-complete': measureClaimAndComplete,
  heartbeats: measureHeartbeats,
  harness: measureHarness,
  'gpu-harness': measureGpuHarness,
  'gpu-batch-sizes': measureGpuBatchSizes,
  help: measureHelp,
  dashboard: measureDashboard,
  'event-loop': measureEventLoop,
  relay: measureRelay,
}

process.exitCode = await main(process.argv.slice(2))

async function main(asked: readonly string[]): Promise<number> {
  const names = asked.length > 0 ? asked : Object.keys(BENCHMARKS)
  const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name))
  if (unknown.length > 0) {
    process.stderr.write(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}\n`)
    return 2
  }
  print(describeMachine())
  const startedMs = performance.now()
  const findings: Finding[] = []
  for (const name of names) {
    process.stderr.write(`${name}\n`)
    const found = (await BENCHMARKS[name]?.()) ?? []
    // A long run that is broken off has shown what it had.
    process.stderr.write(`${renderTable(found)}\n`)
    findings.push(...found)
  }
  print(`\n${renderTable(findings)}\n`)
  const missed = findings.filter(({ target }) => target && !target.met)
  print(missed.length === 0 ? 'Every target is met.' : `Targets missed: ${missed.map(({ what }) => what).join('; ')}.`)
  print(`Took ${((performance.now() - startedMs) / 1000).toFixed(0)} s.`)
  return 0
}

function describeMachine(): string {
  const processors = cpus()
  const memoryGib = Math.round(totalmem() / 2 ** 30)
  const [load = 0] = loadavg()
  return [
    `${new Date().toISOString()}  Radix ${VERSION}, Node ${process.versions.node}`,
    `${processors[0]?.model.trim()}, ${processors.length} cores, ${memoryGib} GiB; ${type()} ${release()} ${arch()}`,
    `load before: ${load.toFixed(2)}`,
  ].join('\n')
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
