/** Evidence of runs that differ in what a test is about. */
import type { Evidence } from '../../contract/schemas/evidence.ts'
import { buildEvidence } from '../build.ts'
import type { EvidenceFacts } from '../facts.ts'
import { gpuFacts, type gpuResult, gpuTrial } from './facts.ts'

type Result = ReturnType<typeof gpuResult>

/** Trials of these throughputs on an A10G, run number `number`. */
export function runEvidence(
  number: number,
  throughputs: readonly number[],
  result: Partial<Result> = {},
  changes: Partial<EvidenceFacts> = {},
): Evidence {
  const { request } = gpuFacts()
  return buildEvidence(
    gpuFacts({
      runId: `run_01jdqk4e8f3q8k2c9v5w7x6y${number}z`,
      request: { ...request, trials: throughputs.length },
      trials: throughputs.map((throughput, index) => gpuTrial(index + 1, throughput, result)),
      ...changes,
    }),
  )
}

/** On another instance type, with another GPU. */
export function t4Evidence(number: number, throughputs: readonly number[]): Evidence {
  const { machine } = gpuFacts()
  return runEvidence(
    number,
    throughputs,
    { device: { type: 'cuda', name: 'Tesla T4', uuid: null } },
    {
      machine: machine && { ...machine, instanceType: 'g4dn.xlarge' },
      quote: { pricePerHourUsd: 0.526, source: 'AWS Price List, 2026-03-01' },
    },
  )
}
