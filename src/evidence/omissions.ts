/** Values that are missing from the evidence, each with the reason. Pure. */
import type { Evidence } from '../contract/schemas/evidence.ts'
import type { UnjudgedEvidence } from './verdict.ts'

type Omission = Evidence['omitted'][number]

export function listOmissions(evidence: UnjudgedEvidence): Omission[] {
  const { environment, results, request, gpu_telemetry } = evidence
  const omitted: Omission[] = []
  const say = (what: string, why: string) => omitted.push({ what, why })
  if (evidence.cost === null) say('cost', `no price is known for a machine of provider ${request.provider}`)
  if (environment.machine === null) say('environment.machine', 'the run launched none, or ended before it did')
  else if (environment.machine.instance_type === null) {
    say('environment.machine.instance_type', `provider ${request.provider} has no machine types`)
  }
  if (environment.cluster === null) say('environment.cluster', 'the run ended before there was one')
  if (environment.gpus.length === 0) say('environment.gpus', gpuNote(evidence))
  if (environment.radix.commit === null) say('environment.radix.commit', 'the commit of this build is not known')
  if (results.throughput === null) say('results', 'no trial produced a result that can be used')
  else if (results.throughput.n === 1) {
    say('results.*.confidence_interval_95', 'one trial gives no interval')
  }
  if (results.trials.some(({ reported }) => reported)) {
    say('results.trials.*.result', 'an earlier agent reports only throughput, duration and exit code')
  }
  if (gpu_telemetry.length === 0) say('gpu_telemetry', gpuNote(evidence))
  return omitted
}

function gpuNote({ environment }: UnjudgedEvidence): string {
  const note = environment.cluster?.capabilities?.gpu_note
  return typeof note === 'string' && note !== '' ? note : 'no agent reported a GPU'
}
