/**
 * How long a request with the largest content that the contract allows holds up the event loop of the server, in processor
 * time: its parsing and verification as evidence, and each step of a score.
 */
import type { Evidence } from '../src/contract/schemas/evidence.ts'
import { ScoreBody } from '../src/contract/schemas/telemetry.ts'
import { rankCandidates } from '../src/control-plane/telemetry/rank.ts'
import { ownLimit } from '../src/control-plane/telemetry/read-observations.ts'
import { API_LIMITS } from '../src/core/limits/api.ts'
import { CONTROL_PLANE_LIMITS } from '../src/core/limits/control-plane.ts'
import { readOutsideJson } from '../src/core/outside-json.ts'
import { toStorableJson } from '../src/core/storable.ts'
import { signEvidence } from '../src/evidence/signature/sign.ts'
import { verifyEvidence } from '../src/evidence/signature/verify.ts'
import { runEvidence } from '../src/evidence/testing/runs.ts'
import { testSigner } from '../src/evidence/testing/signing-key.ts'
import { type Finding, milliseconds } from './report.ts'
import { median, p99 } from './rounds.ts'

const ROUNDS = 20
const TARGET_MS = 50
const FEATURES = 32
const CANDIDATES = 32
/** What the other members of the evidence take. */
const RESERVE = { bytes: 60_000, values: 5000 }

export async function measureEventLoop(): Promise<Finding[]> {
  const { evidenceBody, bodyValues } = API_LIMITS
  const room = { bytes: evidenceBody.value - RESERVE.bytes, values: bodyValues.value - RESERVE.values }
  return [
    describe('evidence of many values', measureEvidence({ ...plainEvidence(), more: manyObjects(room.values) })),
    describe('evidence with a long text', measureEvidence({ ...plainEvidence(), more: 'x'.repeat(room.bytes) })),
    describe('evidence of many long texts', measureEvidence({ ...plainEvidence(), more: manyTexts(room) })),
    describe('one step of the largest score', await measureScore()),
  ]
}

function plainEvidence(): Evidence {
  return runEvidence(1, [343.2, 342.1, 344.6])
}

function manyObjects(values: number): { a: number }[] {
  return Array.from({ length: values / 2 }, (_, a) => ({ a }))
}

function manyTexts({ bytes, values }: { bytes: number; values: number }): string[] {
  return Array(values).fill('"'.repeat(Math.floor(bytes / values / 2) - 2))
}

function measureEvidence(document: Evidence & { more: unknown }): number[] {
  const text = JSON.stringify(signEvidence(document, testSigner()))
  const bounds = { maxCharacters: API_LIMITS.evidenceBody.value, maxValues: API_LIMITS.bodyValues.value }
  // The first rounds compile the code.
  return Array.from({ length: 2 * ROUNDS }, () =>
    measureProcessor(() => {
      const read = readOutsideJson(text, bounds)
      const { state } = verifyEvidence(read)
      if (state !== 'valid') throw new Error(`the evidence is ${state}`)
      toStorableJson(read)
    }),
  ).slice(ROUNDS)
}

async function measureScore(): Promise<number[]> {
  const features = (seed: number) =>
    Object.fromEntries(Array.from({ length: FEATURES }, (_, at) => [`f${at}`, Math.sin(seed * 31 + at)]))
  const gpuTypes = Array.from({ length: CANDIDATES }, (_, at) => `GPU ${at}`)
  const observed = (gpuType: string, count: number) =>
    Array.from({ length: count }, (_, at) => ({
      gpuType,
      features: features(at),
      runtime: 100 + Math.cos(at),
      success: true,
      colocatedJobTypes: [],
    }))
  const own = new Map(gpuTypes.map((gpuType) => [gpuType, observed(gpuType, ownLimit(CANDIDATES))]))
  const pool = observed('GPU 0', CONTROL_PLANE_LIMITS.pooledObservations.value)
  const body = ScoreBody.parse({ job_type: 'bench', features: features(0), candidate_gpu_types: gpuTypes })
  const asked = { features: body.features, colocatedJobTypes: [] }
  const candidates = gpuTypes.map((gpuType) => ({ name: gpuType, gpuType }))
  const steps: number[] = []
  let since = process.threadCpuUsage()
  const endStep = async () => {
    steps.push(elapsedMs(since))
    await new Promise((resolve) => setImmediate(resolve))
    since = process.threadCpuUsage()
  }
  await rankCandidates(asked, candidates, own, pool, () => undefined, endStep)
  await endStep()
  return steps
}

function measureProcessor(work: () => void): number {
  const since = process.threadCpuUsage()
  work()
  return elapsedMs(since)
}

function elapsedMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(since)
  return (user + system) / 1000
}

function describe(what: string, times: number[]): Finding {
  const target = { text: `p99 < ${TARGET_MS} ms`, met: p99(times) < TARGET_MS }
  return {
    what: `${what}, event loop held`,
    median: milliseconds(median(times)),
    p99: milliseconds(p99(times)),
    target,
  }
}
